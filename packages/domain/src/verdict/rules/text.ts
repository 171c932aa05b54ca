/**
 * What replies say in words, in the order in which words decide. Sender before recipient: block-list refusals come with
 * 5.1.1 and "mailbox unavailable" in front too.
 */
import type { Rule } from './rule.ts';

const MTA = 'wording of common mail servers';
const POSTFIX = 'Postfix, SMTPD access and delivery replies';
const rule = (name: string, category: Rule['category'], example: string, text: RegExp, more: Partial<Rule> = {}): Rule => ({
  name: `text.${name}`,
  category,
  source: MTA,
  example,
  text,
  ...more,
});

export const TEXT_RULES: readonly Rule[] = [
  rule(
    'upstream_suppressed',
    'upstream_suppressed',
    '550 5.1.1 Recipient is on the suppression list of the account',
    /suppress(?:ed|ion) (?:list|address|recipient)|on (?:our|the|your) suppression|previously (?:bounced|unsubscribed) address/,
  ),
  rule(
    'verification_in_progress',
    'system_error',
    '450 4.1.1 <a@b.example>: Recipient address rejected: unverified address: Address verification in progress',
    /verification in progress|unverified address: (?:host|connect|lost|timed|network)/,
    { source: POSTFIX },
  ),
  rule(
    'greylisting',
    'greylisting',
    '450 4.7.1 Greylisted, please try again in 300 seconds',
    /gr[ea]y[ -]?list|postgrey|greylst|temporarily (?:deferred|rejected) for (?:first|new) (?:contact|sender)|first[- ]time sender|unknown (?:sender )?triplet/,
  ),
  rule('virus', 'virus_detected', '554 5.7.1 Message rejected: virus found', /\b(?:virus|malware|infected|trojan|phishing)\b/, {
    unless: /policy.{0,10}phish|anti-?virus (?:scanner )?(?:unavailable|error|fail)/,
  }),
  rule(
    'recipient_rate',
    'recipient_rate_limited',
    '450 4.2.1 Recipient has exceeded the rate of messages he may receive',
    /recipient.{0,40}(?:exceeded|over).{0,30}(?:rate|limit|messages? per)|(?:too many|too much) (?:messages|mail) for (?:this )?(?:recipient|user|mailbox)|mailbox.{0,20}receiv\w+.{0,20}too (?:many|quickly)|user.{0,20}receiv\w+ (?:mail|messages) too (?:quickly|fast)|recipient.{0,30}rate[- ]limit/,
  ),
  rule(
    'reputation',
    'ip_reputation',
    '554 5.7.1 Service unavailable; Client host [1.2.3.4] blocked using zen.spamhaus.org',
    /block(?:ed)? (?:using|by|list)|black ?-?list|\bblocklist|\bdnsbl|\brbl\b|spamhaus|spamcop|barracuda(?:central| reputation)|sorbs|\bsurbl|uribl|sender ?score|senderbase|poor reputation|bad reputation|low reputation|ip reputation|reputation (?:of|score|too|filter|problem)|listed (?:at|in|on|by)\b|\bspfbl\b|banned ip|ip.{0,30}(?:is|was|has been) (?:block|ban|den|refus)|(?:access|connection) (?:from|of).{0,30}(?:banned|blocked)|blocked (?:ip|for abuse|due to)|proofpoint.{0,20}block|cloudmark|invaluement|uceprotect|trendmicro/,
    { unless: /not listed in (?:public|domino)|uri?bl policy|blacklisted url|spam content|domain may not exist/ },
  ),
  rule(
    'auth_temp',
    'auth_temp_failure',
    '454 4.7.0 Temporary authentication failure',
    /temporar\w+ authentication|authentication (?:temporar|server (?:unavail|not))|dns (?:failure|error|timeout)s? prevent\w* (?:spf|dkim|authentication)|temperror|(?:spf|dkim|dmarc).{0,40}temporar/,
  ),
  rule(
    'auth',
    'auth_failure',
    '550 5.7.26 This mail is unauthenticated: SPF and DKIM did not pass',
    /\bspf\b|\bdkim\b|\bdmarc\b|\barc\b.{0,15}fail|unauthenticated|not authenticated|authentication (?:required|failed|failure|credentials|check|information|rejected|is required)|auth(?:entication)? (?:fail|required|error)|smtp auth|must be authenticated|sender policy|openspf|credentials (?:invalid|rejected)|invalid (?:login|credential|password)/,
    { unless: /imap|pop3/ },
  ),
  rule(
    'rdns',
    'rdns_failure',
    '550 5.7.25 The IP address sending this message does not have a PTR record set up',
    /\bptr\b|reverse (?:dns|lookup|hostname|mapping|resolution)|\brdns\b|no reverse|cannot find your (?:reverse )?hostname|forward[- ]confirmed|helo (?:command )?(?:rejected|name|host|invalid|mismatch|argument|is )|(?:invalid|bad|bogus|illegal|unresolvable|verify) (?:ehlo|helo)|ehlo (?:name|argument|rejected)|client host rejected|generic (?:host|ptr)|fcrdns|dynamic ip|dialup|residential ip|hostname (?:does not|lookup|not found)/,
  ),
  rule(
    'tls',
    'tls_required',
    '530 5.7.0 Must issue a STARTTLS command first',
    /starttls|\btls\b.{0,30}(?:required|requir|must|mandatory|need)|(?:requires?|must use|encryption).{0,20}\b(?:tls|encrypt)|encryption (?:required|needed)/,
  ),
  rule(
    'rate',
    'rate_limited',
    '421 4.7.0 Too many connections from your IP',
    /too many (?:concurrent |simultaneous |sessions|connections|connects|messages|mails|emails|requests|invalid|bad|unknown|errors|attempts|failed|smtp)|rate[- ]?limit|rate (?:control|exceed|of|is too)|throttl|exceed\w*.{0,40}(?:connection|rate|quota of|messages? per|per (?:hour|minute|day)|sending|limit (?:of|for) (?:messages|connections|emails))|(?:sending|connection|message|mail|hourly|daily|send|delivery) (?:rate|limit|frequency|quota)|unusual(?:ly)? (?:high|volume|number|rate|traffic)|volume (?:of|from|limit)|max(?:imum)? (?:number of )?(?:connections|concurrent|sessions|emails|messages|mails)|slow(?:ed)? down|flood|connecting too|too (?:fast|quickly|frequent)|user complaints|excessive|concurrency|over (?:the |your )?(?:limit|rate)/,
    { unless: /mailbox|quota|storage|recipients|\bsize\b/ },
  ),
  rule(
    'sender_rejected',
    'sender_rejected',
    '550 5.1.8 Sender address rejected: Domain not found',
    /sender (?:address|domain|verif|is|denied|rejected|unknown|not|email|refused|blocked|invalid|or)|(?:return|envelope|bounce)[- ](?:path|sender|from)|mail from (?:domain|address|command|is|must|not|rejected)|from (?:address|domain|header).{0,40}(?:reject|invalid|not|exist|block|den)|(?:bad|invalid|unknown|reject\w*|block\w*|verify|unresolvable|forged|spoof\w*) (?:sender|from|envelope)|sender.{0,10}(?:verify|verification|callback)|callout|originator|domain of sender|your (?:domain|address) (?:is|has|does)/,
    { unless: /recipient address rejected|blocked sender list of|recipient.{0,20}(?:refus|block)/ },
  ),
  rule(
    'quota',
    'mailbox_full',
    '552 5.2.2 Mailbox full',
    /mail ?-?box (?:is |for \S{1,80} |has )?(?:.{0,20})?(?:full|exceed|over)|(?:over|exceed\w*|out of|quota).{0,20}(?:quota|storage|space|mailbox|exceed|mail ?box size|disk)|quota (?:exceed|full|limit|violation|is)|user (?:is )?over ?quota|overquota|inbox (?:is )?full|(?:insufficient|not enough|no|out of) (?:disk |storage |mail ?box )?(?:space|storage)|storage (?:limit|quota|exceed|full|alloc)|mailbox (?:size )?limit|account (?:is )?(?:full|over|exceed)|disk (?:quota|full|space)|maildir\w*.{0,15}(?:over|full|quota)|user.{0,20}(?:full mailbox|mailbox full)|exceeded storage/,
    {
      unless:
        /system (?:storage|resources|disk)|insufficient system|server.{0,20}(?:disk|storage)|message (?:size|too)|filesystem|disk i\/o|device|queue|organization/,
    },
  ),
  rule(
    'too_many_recipients',
    'too_many_recipients',
    '452 4.5.3 Too many recipients',
    /too many (?:recipients|rcpt|addresses)|recipients? (?:limit|per (?:message|session|connection))|max\w* (?:number of )?(?:recipients|rcpt)|number of recipients|one recipient (?:at a time|per)/,
  ),
  rule(
    'size',
    'message_too_large',
    '552 5.3.4 Message size exceeds fixed limit',
    /message (?:is |was )?(?:too (?:large|big|long)|(?:size )?exceed|size|length)|(?:exceed\w*|over|maximum|max).{0,25}(?:message|mail|email|file|attachment)? ?(?:size|length)|(?:size|length) (?:limit|exceed|of (?:the|your) (?:message|mail))|too (?:large|big)|line (?:too|length)|attachment (?:too|size)/,
  ),
  rule(
    'personal_block',
    'recipient_refused',
    '550 5.7.1 Rejected by recipient',
    /reject\w* by (?:the )?(?:recipient|user|addressee)|recipient (?:has |does not |doesn'?t |refus|block|reject\w* (?:your|this|mail))|(?:user|recipient).{0,20}(?:block\w*|refus\w*|not want).{0,20}(?:you|sender|mail|messages)|blocked sender list of|not (?:on|in) .{0,20}(?:allow|white|safe|accept)\w*[- ]?list|(?:only|restrict\w*).{0,30}(?:members|authenticated|internal|subscribers)|members? only|closed list|restricted (?:to|address|recipient|group)|not (?:authori[sz]ed|permitted|allowed) to (?:send|post|mail|email) (?:to )?(?:this|the) (?:recipient|group|list|address|user|mailbox)|challenge[- ]response/,
  ),
  rule(
    'moved',
    'mailbox_moved',
    '551 5.1.6 User has moved, please try another address',
    /(?:user|mailbox|recipient|account|address|customer).{0,20}(?:has |have |was )?(?:moved|changed (?:address|email|his|her|their)|relocated|migrated)|no longer (?:at|with) (?:this|us)|new (?:e-?mail )?address is|not local.{0,20}(?:forward|please try)/,
    { unless: /please try again/ },
  ),
  rule(
    'disabled',
    'mailbox_disabled',
    '550 5.2.1 Mailbox disabled',
    /(?:mail ?-?box|account|user|recipient|address|e-?mail|login|customer|box|domain).{0,45}(?:disabled|inactive|suspend\w*|deactivat\w*|deleted|locked|closed|expired|frozen|discontinued|terminated|cancell?ed|dormant|retired|removed|not active|not activated|is not enabled|abandon\w*)|(?:disabled|inactive|suspended|deactivated|closed|expired|deleted|dormant|blocked) (?:mail ?-?box|account|user|recipient|address|e-?mail)|(?:no longer|not) (?:in use|active|accept\w*|valid|available|used|employed|exist\w*|works?|monitored|being|on|receiv\w*)|ceased|left the company|decease|bounced too|has (?:left|been (?:disabled|suspend|closed|deactiv|cancel))/,
    {
      unless:
        /temporar|suspicious|message (?:expired|deleted|is)|delivery (?!error)|access|not (?:available|accepting|accept|receiving)(?! mail)|service not|not existing|relay/,
    },
  ),
  rule(
    'unknown_domain',
    'domain_not_found',
    '550 5.1.2 Host unknown: domain not found',
    /(?:host|domain|name)(?: name)?(?: or domain)?(?: name)? (?:unknown|not (?:found|exist)|does ?n[o']t exist|invalid|lookup fail)|(?:unknown|invalid|no such|non-?existent|bad) (?:host|domain|destination)|nxdomain|null mx|no (?:valid )?(?:mx|mail (?:server|exchanger|host))|domain (?:does not|doesn'?t|is not|has no|isn'?t).{0,20}(?:exist|accept|valid|mx|mail|known|configured|hosted)|unrouteable|unroutable|dns.{0,20}(?:nxdomain|no such|non-?existent)/,
    { unless: /sender|helo|reverse|temporar|relay|relay (?:not|access)|try again|mailbox|user|lookup failure|invalid domain name/ },
  ),
  rule(
    'bad_syntax',
    'invalid_address',
    '553 5.1.3 Bad recipient address syntax',
    /(?:bad|invalid|malformed|illegal|incorrect|wrong|improper) (?:(?:recipient|destination|email|mailbox|e-mail|rcpt|user|to) )?(?:address |name |mailbox )?(?:syntax|format|character|literal)|(?:address|mailbox|recipient|local[- ]part|rcpt).{0,25}(?:syntax|format|malformed|badly|illegal char|invalid char|not (?:rfc|legal|conform))|not a valid (?:e-?mail|rfc|smtp)|syntax (?:error )?in (?:recipient|address|mailbox|parameters.{0,10}rcpt)|domain missing or malformed|unqualified address|fully[- ]qualified (?:address|mailbox)|rfc (?:2?822|5321|2821).{0,20}(?:address|compl)/,
    { unless: /header|message (?:format|not)|sender|\bhelo\b|from:/ },
  ),
  rule(
    'unknown_user',
    'user_unknown',
    '550 5.1.1 User unknown',
    /(?:user|recipient|mail ?-?box|account|address|addressee|alias|customer|e-?mail|login|local[- ]part|person|subscriber|member|destinat\w*|inbox|rcpt|name|employee)s?(?: \S{1,80}){0,4}? ?(?:<?\S{0,80}>?:? )?(?:is |are |was |has |have |does |do |could |can ?|did |were )?(?:been )?(?:(?:un|not |n't )(?:known|found|exist\w*|listed|recogni[sz]ed|valid|be (?:found|verified|resolved)|a (?:valid|known|local)|match|here|defined|local|registered|ours|present|in (?:our|the|virtual|ldap|database|directory)|our|have an?|hosted|correct|able|deliverable|resolv\w*|verif\w*)|unknown|invalid|nonexist\w*|non[- ]exist\w*|missing|no such|undeliverable|does ?n[o']t exist|incorrect)|(?:unknown|invalid|no such|non-?existent|no|bad|not a (?:valid|known|local)|undefined|unverified|unrecogni[sz]ed|wrong|incorrect|undeliverable|unkown|unknow)[- ](?:local |such |valid |virtual |e-?mail |mail |destination |smtp |rcpt |system |internal )*(?:user|recipient|mail ?-?box|account|addr\w*|alias|person|customer|name|one|id|e-?mail|here|login|member|subscriber|rcpt|part|users?)|no (?:mailbox|account|such|user|recipient|one).{0,25}(?:here|by that|with that|found|exist|name|in)|recipnotfound|user_?unknown|unknown[_ ]?user|not our (?:customer|user)|address(?:ee)? (?:error|unknown|not)|invalid[- ]recipient|(?:doesn'?t|does not|didn'?t|not) (?:exist|have (?:a|an|any) .{0,20}(?:account|mailbox|user))|cannot (?:find|deliver to) (?:this|the|your)? ?(?:user|recipient|mailbox|account|address)|(?:all|no valid) recipients (?:were |are )?(?:rejected|invalid|fail)|no valid recipients|recipient (?:lookup|verify) fail|verify (?:the )?(?:recipient|address)|5\.1\.1 .{0,40}recipient/,
    {
      unless:
        /relay|sender|mail from|helo|policy|too many|identity|unknown (?:error|reason|host|command)|temporar|spam|command|try (?:again )?later|greylist|content|not (?:available|accept)/,
    },
  ),
  rule(
    'relay',
    'relay_denied',
    '554 5.7.1 Relay access denied',
    /relay(?:ing)?\b|not (?:a )?(?:relay|gateway)|we do not (?:relay|accept mail for)|rcpthosts|not in my list|not permitted to relay|open relay/,
  ),
  rule(
    'mailbox_busy',
    'mailbox_unavailable',
    '450 Requested mail action not taken: mailbox unavailable',
    /mailbox (?:is )?(?:currently |temporarily )?(?:unavailable|busy|locked|not available)|requested (?:mail )?action (?:not taken|aborted).{0,5}:? ?mailbox|(?:recipient|user|mailbox|account).{0,30}temporar\w+ (?:unavail|disab|reject|block|deact|inacti)/,
  ),
  rule(
    'spam',
    'spam_content',
    '554 5.7.1 Message looks like spam',
    /\bspam\b|\bspammy|unsolicited|\bube\b|\bjunk\b|bulk (?:mail|email)|spamassassin|score (?:of|exceed|too)|scored|looks like|identified as|suspect\w*|suspicious|abusive|\babuse\b|harmful|fraud/,
  ),
  rule(
    'content',
    'content_rejected',
    '550 5.6.0 Message content rejected',
    /content|attachment|header|\bmime\b|\bbody\b|subject|message (?:rejected|refused|format|has been|was|contains|not)|(?:bad|bare) (?:lf|cr|line)|\burls?\b|link|encoding|message-id|8-?bit|non-?ascii|date:|x-mailer|rfc ?2822|unrecogni[sz]ed (?:format)/,
    { unless: /policy|try again|later|delay|temporar|transaction|mailbox|recipient|administrat|https?:/ },
  ),
  rule('loop', 'routing_loop', '554 5.4.6 Too many hops', /\bloop|too many hops|hop count|mail loops back|too many received/),
  rule(
    'dns',
    'dns_failure',
    '451 4.4.3 DNS lookup failed',
    /\bdns\b|name service|nameserver|(?:host|domain|name) (?:name )?(?:lookup|resolution)|resolv(?:e|ing) (?:host|domain|address)|servfail|no (?:a|mx) record/,
  ),
  rule(
    'connection',
    'connection_failure',
    '421 4.4.1 Connection timed out',
    /connection (?:timed|refused|reset|lost|closed|dropped|failed|error|attempt|aborted|was)|timed? ?-?out|time-?out|lost connection|network (?:is )?unreachable|host (?:is )?unreachable|no route to host|could not connect|unable to connect|cannot connect|broken pipe|conversation with|refused to talk|no (?:answer|response)|hung up|read error|handshake|eof\b|connect(?:ing|ion)? to/,
  ),
  rule(
    'expired',
    'expired',
    '550 4.4.7 Delivery time expired',
    /(?:delivery|message|queue|mail|retry).{0,25}(?:time )?expired|expired|too old|in (?:the )?queue too long|retry (?:time|timeout|limit)|giv(?:ing|en) up|delivery (?:delayed|time)|max(?:imum)? (?:retry|retries|queue|time|lifetime)|not been delivered/,
  ),
  rule(
    'recipient_rejected',
    'user_unknown',
    '550 5.1.0 <user@example.com>: Recipient address rejected.',
    /(?:recipient|\d) (?:address )?rejected(?:: addr)?\.?$|not a member of domain|user path no exist|unknown local-part|please check if address is correct|recipient verification problem/,
    { unless: /sender/ },
  ),
  rule(
    'local_policy',
    'policy_block',
    '554 5.7.1 Message rejected due to local policy',
    /policy|policies|administrat\w*|prohibit\w*|not (?:allowed|permitted|authori[sz]ed|accepted)|access denied|denied|refused|rejected (?:for|due|by|per)|firewall|security|blocked|transaction failed|reject/,
    { digit: 5 },
  ),
  rule(
    'busy',
    'server_busy',
    '421 Service not available, try again later',
    /try (?:again|later)|busy|overload|load (?:too|average|limit)|resources|(?:service|server|system) (?:is )?(?:temporar\w+ |currently )?(?:unavail|not avail|too|down|shut|is|busy|closing)|not (?:available|accepting)|unavailable|please (?:retry|wait|come back)|later|low on|out of memory|capacity|high (?:load|volume)|shutting|maintenance/,
  ),
  rule(
    'system',
    'system_error',
    '451 4.3.0 Temporary local problem',
    /temporar\w*|local (?:error|problem|failure)|internal|(?:system|server|configuration|database|lookup|queue|ldap|software|processing|backend|unknown) (?:error|problem|fail\w*|issue|config\w*)|error (?:in|while|on)|mail system|unable to|cannot|can'?t|could not|couldn'?t|failed|failure|mail server|deferred|i\/o/,
    { digit: 4 },
  ),
  rule(
    'protocol',
    'protocol_error',
    '503 5.5.1 Bad sequence of commands',
    /sequence of commands|command (?:not|unrec|unknown|rejected|out|syntax|disabled|unimpl)|unrecogni[sz]ed command|not implemented|unknown command|syntax error|bad command|pipelin\w*|protocol (?:error|violation)|valid rcpt|need (?:mail|rcpt)|unimplemented|bad (?:argument|parameter)|parameter/,
  ),
];
