export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Alive
         * @description Answers while the process is alive.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get metrics
         * @description OpenMetrics, or the older text format for a client that accepts only that. Contains no addresses, no tenants and no wordings of replies.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ready
         * @description Answers 503 with `problems` while the service cannot do its work. With 200, `problems` says what is wrong with its input, such as records of another partitioner.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/u/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the page behind an unsubscribe link
         * @description A page with a button. It changes nothing, whoever asks for it and however often: link scanners may.
         */
        get: operations["getUnsubscribePage"];
        put?: never;
        /**
         * Unsubscribe with one click
         * @description What mailbox providers (RFC 8058) and the button of the page send. 200 means that the event `unsubscribed` is durable in the log; a repeat is harmless. No key is required: the link is one.
         */
        post: operations["unsubscribe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List who did what
         * @description The newest first. A page may hold fewer than `limit`, even none, and have a cursor. Keys of some tenants see entries of these tenants; those of the whole installation, such as keys of every tenant, need a key for all. Entries are kept for `DESIST_AUDIT_KEPT`.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the published changes in order
         * @description In order per recipient, from the database. `cursor` covers all partitions: ask again with `after`. With `Accept: text/event-stream` the same as server-sent events: `id` is the cursor, `data` a change; `Last-Event-ID` goes on behind it. 410: changes behind the cursor were deleted by age, or the database went back; read the list anew and follow with `last=0`. A page reads a bounded number of changes, so with a filter it may be empty while `more` is true.
         */
        get: operations["listChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check whether you may send
         * @description Returns one answer per recipient, in order. A suppressed or unreadable address never fails the request.
         */
        post: operations["checkRecipients"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/classify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what replies mean
         * @description Up to 1000 replies and 256 KiB. Own rules of the policy are asked first. Nothing is stored.
         */
        post: operations["classifyReplies"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/codes/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain a reply code
         * @description A basic code, an enhanced code, or both, of 4xx and 5xx: what the standards say, how a reply without words is read, and what is known of providers.
         */
        get: operations["getCode"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/commands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suppress, release, amend, allow, disallow or forget recipients
         * @description Accepts one command or an array, all or none, and appends them to the log. With `Prefer: wait=10` the response is sent when the engine has read each of them (200; `folded` when all were applied, otherwise `refused` names those that were not), or after that many seconds (202, still pending).
         */
        post: operations["sendCommands"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List records that could not be read
         * @description The newest of each partition first. A page may hold fewer than `limit`, even none, and have a cursor. Keys of some tenants see records whose key and whose content name these tenants: what cannot be read may be of anybody. Reads of dead letters come one at a time (429).
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a record that could not be read
         * @description With its content as it was. Keys of some tenants see records whose key and whose content name these tenants: what cannot be read may be of anybody. Reads of dead letters come one at a time (429).
         */
        get: operations["getDeadLetter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a record again that could not be read
         * @description Appends it to the delivery events, with its key and bytes as they were: after a fix of what reads it. What can be read then is folded once, however often it is sent. The dead letter stays. 409: it was cut, it has no key or no content, or it never was in the delivery events.
         */
        post: operations["resendDeadLetter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send delivery events
         * @description Accepts one event, an array, or NDJSON. 202 means that the valid events are durable in the log; the response lists the others. After a 503 repeat the whole request: duplicates are recognised by their id, or by their content.
         */
        post: operations["sendEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List imports
         * @description The newest first, of the last 90 days. Keys of some tenants see imports of these tenants.
         */
        get: operations["listImports"];
        put?: never;
        /**
         * Start the import of a list, or continue it
         * @description Creates a job (201) that takes rows. If the same file was begun with the same settings and is not done, that job goes on (200): `rows` says after which row. A dry run sends nothing and is never continued.
         */
        post: operations["createImport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an import
         * @description State, progress, counts and the rows that could not be read.
         */
        get: operations["getImport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{id}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send rows of an import
         * @description The rows after the first `from` ones, at most 5000: durable in the log when this is answered. A request that is repeated counts once. Each row is what it was read as: a suppression, no suppression (`kept`), or unreadable (`problem`). A dry run answers what would become of its first 10 rows.
         */
        post: operations["sendImportRows"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/imports/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop an import
         * @description What was sent stays. Create it again with the same file to continue.
         */
        post: operations["stopImport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List incidents, the newest first
         * @description Both kinds in one order. Incidents that concern every tenant are visible only to keys for every tenant.
         */
        get: operations["listIncidents"];
        put?: never;
        /**
         * Create an incident: a window whose failures are not the fault of the recipients
         * @description Needs a provider or a domain, and a window. Nothing changes until the incident is voided. A request with the same terms refers to the same incident.
         */
        post: operations["createIncident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/incidents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an incident and the progress of its latest decision
         * @description `progress` counts the partitions that have applied the latest decision, and the recipients that they examined and changed. A sender incident changes none: there `told` alone says something.
         */
        get: operations["getIncident"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/incidents/{id}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Preview what voiding or restoring an incident would do
         * @description Returns counts for one page of recipients. Add up the pages for the total.
         */
        get: operations["previewIncident"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/incidents/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let the failures inside an incident count again
         * @description Failures inside count as if the incident did not exist.
         */
        post: operations["restoreIncident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/incidents/{id}/void": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hold back the failures inside an incident
         * @description Suppressions that depend on failures inside the incident end.
         */
        post: operations["voidIncident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description Those that are not ended, the newest first; never the secrets. A key of some tenants sees keys of no other tenants. `configured`: keys of the configuration of this process, on the first page; they are changed there.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make an API key
         * @description A key of some tenants makes keys of these tenants; one of every tenant makes any. Each process accepts the new key within seconds. The first key of a service without keys must be an operator of every tenant that does not expire: from then on, every call needs a key. 409: keys of the same tenants that are not ended have different names.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End an API key
         * @description Each process refuses it within seconds, and sessions of the console that were opened with it end. 409: it is the last one that may make keys of every tenant, and none of the configuration may.
         */
        delete: operations["endKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give an API key another secret
         * @description Name, roles, tenants and expiry stay. The earlier secret works for the time of `overlap`, so that its users can change one after the other. 409: too many secrets of the key are still valid.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the policy in force
         * @description Returns every value and where it comes from, and where the shadow policy differs. A key for some tenants sees the base and its own tenants.
         */
        get: operations["getPolicy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policy/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a policy file
         * @description Returns the mistakes of a policy file with their lines, or what it would change against the policy in force. Nothing is changed. Only for operators of all tenants, one request at a time, with a time limit of two seconds.
         */
        post: operations["checkPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policy/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read the policy file again
         * @description Reads the policy file of this engine, and what it names, and puts it in force for all engines, which go over to it within seconds. Recipients are then folded again; the status shows how many are left. A file with mistakes changes nothing. Needs a key for every tenant. 409: this engine has no policy file.
         */
        post: operations["reloadPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the known providers
         * @description With what was counted in the last hour of the partition clocks, and how many incidents are open there.
         */
        get: operations["listProviders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/providers/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what is known of a provider
         * @description Its domains and hosts, how to send to it, what was counted in the last hour of the partition clocks, and its open incidents. A domain that is not in the table gets the advice for small domains.
         */
        get: operations["getProvider"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recipients": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the recipients that are not healthy
         * @description The next deadline (`suppressAt`) first, those without one at the end. All filters must match. A page reads a bounded number of recipients, so with a filter it may hold fewer than `limit`, even none, and have a cursor: the last page has none. A recipient whose deadline moves while you read may be on two pages, or on none.
         */
        get: operations["listRecipients"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recipients/{address}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the state of a recipient
         * @description A recipient that never failed is `healthy`, so there is no 404. In the path, `/` is escaped as %2F and `%` as %25.
         */
        get: operations["getRecipient"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recipients/{address}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the published changes of a recipient
         * @description Oldest first, as on `suppression-events`, without `sequence`.
         */
        get: operations["listRecipientChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/recipients/{address}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain the state of a recipient
         * @description Returns every fact that is kept, whether it counts and why not, and what would release or suppress the recipient.
         */
        get: operations["explainRecipient"];
        put?: never;
        /**
         * Explain a recipient under another policy
         * @description Returns the explanation, and in `underPolicy` the result of the same facts under the policy file in the request. Nothing is changed. Only for operators, one request at a time, with a time limit of two seconds.
         */
        post: operations["explainRecipientUnderPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/republish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the progress of comparisons of the topic with the table
         * @description Returns the last comparison of each partition, also those that the engine began by itself. It needs a key for every tenant.
         */
        get: operations["getRepublish"];
        put?: never;
        /**
         * Bring the topic of suppressions to the table again
         * @description Asks the owners of the partitions to compare the topic with the table and to publish again what differs. Answers at once; `GET` shows the progress. A comparison that runs begins anew. It needs a key for every tenant.
         */
        post: operations["republish"];
        /**
         * Stop comparisons of the topic with the table
         * @description Stops those that wait or run; what was published again stays. It needs a key for every tenant.
         */
        delete: operations["stopRepublish"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what happened over time
         * @description Roll-ups that are committed with the events that they count, some seconds behind them at most. `outcomes`: events by type. `engagement`: proof of life (`engaged`); by `category`: click, reply, login, confirmed. It is in no share. `deferral_share`: deferrals as a share of deferrals and deliveries. `delivered_after_deferral`: what became of the messages that were first deferred in a step; the young ones are not finished. `time_to_delivery`: from the first deferral, in seconds. `wait_distribution`: the same messages, counted by how long they waited (`to_1h`: more than 15 minutes and at most an hour). `greylisting_delay`: from a first attempt that was greylisted to the delivery, in seconds. `suppressions`, `releases`, `persistent`: changes that took effect. `regret`: of the suppressions that began in a step (persistent deferrals and hard bounces), how many the address has proved wrong since: a delivery released it, or followed within 30 days of its expiry; `share` with its 95 % interval (`low`, `high`). `mail_taken`: in the step in which that delivery happened. Young steps are not finished. `waste`: attempts at an address that was suppressed by then and has taken no mail since, by the step in which the suppression began. `shadow`: what the policy in force has decided (`suppressed`, `released`), as in `suppressions` and `releases`, beside what the shadow policy has (`shadow_suppressed`, `shadow_released`). Steps of 15 minutes reach back 15 days, others 13 months. At most 1,000 steps, and 20,000 figures of one metric.
         */
        get: operations["getSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get who is signed in
         * @description Answers everybody. A browser sends the cookie of `createSession` by itself.
         */
        get: operations["getSession"];
        put?: never;
        /**
         * Sign in with an API key
         * @description Seals the key into a cookie that scripts cannot read and that other sites cannot send. It ends after 12 hours, and when the key ends. With the cookie, requests that change something must come from a page of this service.
         */
        post: operations["createSession"];
        /**
         * Sign out
         * @description Removes the cookie.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get partitions, lag and counts
         * @description As the commits counted; of dead letters that wait, 20,000 a partition at most. It needs a key for every tenant.
         */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the counters
         * @description Counters that are kept with the commits: the call reads some rows for each partition, however many recipients there are. It needs a key for every tenant.
         */
        get: operations["getSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/suppressions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List suppressions, page by page
         * @description The order is stable: a suppression that exists from the first page to the last is listed exactly once, whatever changes meanwhile. All filters must match.
         */
        get: operations["listSuppressions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/suppressions/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export a snapshot of all suppressions
         * @description Streams one line per suppression. A response that is cut off is not complete. The number of exports at once is limited (429), and an export whose reader stalls is ended.
         */
        get: operations["exportSuppressions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get where mail is deferred now
         * @description Tries of the last hour, in whole quarters up to the present one, by provider, domain or pool: how many were deferred, how many usually are, why, how long mail waits, and open incidents.
         */
        get: operations["getTop"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/unmatched-replies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List replies that match no rule
         * @description Returns the most frequent wordings since this process started, with addresses removed. They come from every tenant, so this needs a key for every tenant.
         */
        get: operations["listUnmatchedReplies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/unsubscribe-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make unsubscribe links
         * @description One link per recipient, in order, bound to tenant, stream and address; the address cannot be read in it. Nothing is stored. An address that is none gets an answer of its own and does not fail the request. 503: `DESIST_UNSUBSCRIBE_SECRETS` and `DESIST_PUBLIC_URL` are not configured.
         */
        post: operations["createUnsubscribeLinks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the HTTP subscribers
         * @description With how each of them fares. Those to every tenant are visible only to keys for every tenant. It needs the role operator, because addresses of subscribers may be secrets.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Add an HTTP subscriber
         * @description The published changes of a tenant, or of every tenant (a key for all of them, without `tenant`), are sent to the URL: in order per recipient, at least once, signed (Standard Webhooks), with the same `webhook-id` on every try. Anything but 2xx within 10 s is tried again after 10 s, 1 m, 5 m, 15 m, 1 h, 4 h, then every 6 h up to 3 days; then the subscriber is paused. 410 ends it. What it gets cannot be changed later: add another one.
         */
        post: operations["addWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{format}/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a webhook of a provider
         * @description The body is what the provider sends, byte for byte. Its signature or password is checked as configured in the sources file; no API key is required. 200 means that the events are durable in the log. A refusal has a status after which this provider repeats the request; `meant` is the one that HTTP would have.
         */
        post: operations["receiveWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an HTTP subscriber
         * @description How it fares. It needs the role operator, because addresses of subscribers may be secrets.
         */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /**
         * Remove an HTTP subscriber
         * @description With its secrets, its cursors and its deliveries. A request that is under way is not called back.
         */
        delete: operations["removeWebhook"];
        options?: never;
        head?: never;
        /**
         * Change, pause or resume an HTTP subscriber
         * @description `state: paused` stops requests; `state: active` goes on where they stopped, and makes a failing one try at once. When changes that it had not got were deleted by age (`lost_changes`), it goes on only with `skipLost: true`, at the oldest change that is kept; the next request then has the header `desist-gap: true`, and the subscriber must read the list again.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the last requests to an HTTP subscriber
         * @description The latest first; 20 of each partition are kept, and 20 tests. It needs the role operator, because addresses of subscribers may be secrets.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/deliveries/{delivery}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a request to an HTTP subscriber again
         * @description The same changes under the same `webhook-id`, at once and whatever was sent since: a reader that keeps `recipientVersion` sees that they are old. It moves nothing.
         */
        post: operations["resendWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new secret for an HTTP subscriber
         * @description Requests are signed with the new secret and, for `overlap`, with the earlier ones too: a receiver takes any signature that it knows. At most three are valid at a time.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test request to an HTTP subscriber
         * @description Sends `{"type": "test"}` in the form of a change, signed like all others, and waits for what is answered. It concerns no recipient and moves nothing.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/whatif": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what-ifs
         * @description The newest first, of the last 90 days. Keys of some tenants see those of these tenants.
         */
        get: operations["listWhatIfs"];
        put?: never;
        /**
         * Compare a policy with the one in force, on what the log still has
         * @description Creates a job (201). A job that asks the same and is not answered is returned instead (200); if it was stopped, it begins anew. The policy is checked first, with a time limit of two seconds. A key of some tenants compares on the events of one of them. At most ten jobs wait or run.
         */
        post: operations["createWhatIf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/whatif/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a what-if
         * @description State, progress, and what it came to: differences in numbers, regret and waste. It names no address; `desist whatif` does.
         */
        get: operations["getWhatIf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/whatif/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a what-if
         * @description Ask for the same again to begin it anew.
         */
        post: operations["stopWhatIf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Operator command
         * @description On delivery-events, like an event.
         * @example {
         *       "type": "release",
         *       "recipient": "alice@example.com",
         *       "by": "support"
         *     }
         */
        Command: {
            by?: string | null;
            /**
             * Format: date-time
             * @description amend: null means that the entry never ends, and without the member its expiry stays
             */
            expiresAt?: string | null;
            /** @description release: complaint and unsubscribe, too; amend: these may also end earlier */
            force?: boolean | null;
            /** @description Equal tenant, recipient and id are one event. Derived from the content when missing. */
            id?: string | null;
            /** @description amend: the empty text removes the note, and without the member it stays */
            note?: string | null;
            /**
             * Format: date-time
             * @description RFC 3339
             */
            occurredAt?: string | null;
            /**
             * @description amend only: the entry of the scope with this reason. Default: the operator's; if there is none, all of the scope
             * @enum {unknown}
             */
            reason?: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator" | null;
            /**
             * @description An address; for `suppress`, `release` and `amend` also `@` and a domain.
             * @example alice@example.com
             */
            recipient: string;
            /** @description * or a stream. Default: `*`. */
            scope?: string | null;
            /** @description What it comes from, a list that was imported for example */
            source?: string | null;
            /** @description Of a domain: also for the domains below it. suppress only widens an entry; amend sets it. Default false */
            subdomains?: boolean | null;
            /** @description Default: `default`. */
            tenant?: string | null;
            /** @enum {unknown} */
            type: "suppress" | "release" | "allow" | "disallow" | "amend" | "forget";
            version?: 1 | null;
        };
        /**
         * Delivery event
         * @description One observation, on delivery-events; key: tenant/address, normalised. Unknown fields are ignored.
         * @example {
         *       "version": 1,
         *       "type": "deferred",
         *       "recipient": "alice@example.com",
         *       "occurredAt": "2026-03-01T10:00:00.000Z",
         *       "messageId": "m-1001",
         *       "smtp": {
         *         "code": 452,
         *         "enhanced": "4.2.2",
         *         "text": "452 4.2.2 The email account that you tried to reach is over quota"
         *       }
         *     }
         */
        DeliveryEvent: {
            attempt?: number | null;
            /** @description False: not certain to be about this recipient; such an event proves nothing. */
            certain?: boolean | null;
            /** @description Equal tenant, recipient and id are one event. Derived from the content when missing. */
            id?: string | null;
            /** @description Of engaged, and required there: click, reply, login or confirmed. Ignored of other types */
            kind?: unknown;
            messageId?: string | null;
            /**
             * Format: date-time
             * @description RFC 3339
             */
            occurredAt: string;
            permanent?: boolean | null;
            /** @enum {unknown} */
            phase?: "connect" | "ehlo" | "starttls" | "auth" | "mail" | "rcpt" | "data" | "end_of_data" | null;
            /** @description The sender's IP pool or route that sent it */
            pool?: string | null;
            /** @example alice@example.com */
            recipient: string;
            remoteHost?: string | null;
            smtp?: {
                code?: number | null;
                enhanced?: string | null;
                text?: string | null;
            } | null;
            source?: string | null;
            /** @description Default: `default`. */
            stream?: string | null;
            /** @description Default: `default`. */
            tenant?: string | null;
            /** @enum {unknown} */
            type: "accepted" | "deferred" | "delivered" | "bounced" | "expired" | "rejected" | "complained" | "unsubscribed" | "engaged";
            /** @enum {unknown} */
            version: 1;
        };
        /**
         * @description A window in which failures are not the fault of the recipients.
         * @example {
         *       "id": "op-Zl3Jr0v2k1bq9XW7mQ4s8A",
         *       "kind": "provider",
         *       "origin": "operator",
         *       "state": "not_held_back",
         *       "revision": 0,
         *       "action": "opened",
         *       "holds": false,
         *       "tenant": null,
         *       "provider": "gmail",
         *       "domain": null,
         *       "code": "550 5.1.1",
         *       "text": null,
         *       "from": "2026-03-01T10:00:00.000Z",
         *       "until": "2026-03-01T16:00:00.000Z",
         *       "counts": null,
         *       "codes": [],
         *       "samples": [],
         *       "by": "support",
         *       "note": "confirmed by the provider",
         *       "sender": null,
         *       "decidedAt": "2026-03-01T10:00:00.000Z",
         *       "createdAt": "2026-03-01T10:00:00.000Z"
         *     }
         * @example {
         *       "id": "sender-gmail-13dt0-0x1f3k9a2b4c5",
         *       "kind": "sender",
         *       "origin": "detected",
         *       "state": "open",
         *       "revision": 1,
         *       "action": "opened",
         *       "holds": false,
         *       "tenant": "acme",
         *       "provider": "gmail",
         *       "domain": null,
         *       "code": null,
         *       "text": null,
         *       "from": "2026-03-01T10:00:00.000Z",
         *       "until": null,
         *       "counts": null,
         *       "codes": [
         *         {
         *           "code": "421 4.7.28",
         *           "count": 180
         *         }
         *       ],
         *       "samples": [
         *         "421-4.7.28 unusual rate of unsolicited mail"
         *       ],
         *       "by": null,
         *       "note": null,
         *       "sender": {
         *         "pool": "pool-1",
         *         "tries": 240,
         *         "refused": 180,
         *         "share": 0.75,
         *         "usualShare": 0.01,
         *         "replies": [
         *           {
         *             "category": "rate_limited",
         *             "code": "421 4.7.28",
         *             "count": 180,
         *             "reply": "421-4.7.28 unusual rate of unsolicited mail",
         *             "meaning": "You send faster than the server accepts mail from you.",
         *             "actions": [
         *               "slow down to that provider"
         *             ]
         *           }
         *         ]
         *       },
         *       "decidedAt": "2026-03-01T10:00:00.000Z",
         *       "createdAt": "2026-03-01T10:00:00.000Z"
         *     }
         */
        Incident: {
            /** @enum {string} */
            action: "opened" | "closed" | "voided" | "restored";
            by: string | null;
            code: string | null;
            codes: {
                code: string;
                count: number;
            }[];
            counts: {
                delivered: number;
                failing: number;
                usualShare: number | null;
            } | null;
            /**
             * Format: date-time
             * @example 2026-03-01T10:00:00.000Z
             */
            createdAt: string;
            /**
             * Format: date-time
             * @example 2026-03-01T10:00:00.000Z
             */
            decidedAt: string;
            domain: string | null;
            /**
             * Format: date-time
             * @example 2026-03-01T10:00:00.000Z
             */
            from: string;
            /** @description Failures inside are held back: they do not count. */
            holds: boolean;
            id: string;
            /**
             * @description `provider`: failures that are not the recipients' fault. `sender`: a provider refuses the sender's mail; holds nothing back.
             * @enum {string}
             */
            kind: "provider" | "sender";
            note: string | null;
            /** @enum {string} */
            origin: "detected" | "operator";
            provider: string | null;
            revision: number;
            /** @description Replies, with addresses removed. */
            samples: string[];
            sender: {
                pool: string | null;
                /** @description Of them, for the sender's fault: rate, reputation, authentication. */
                refused: number;
                /** @description The most frequent first. */
                replies: {
                    /** @description What to do, most useful first. */
                    actions: string[];
                    category: string;
                    /** @description As in `421 4.7.28`; `none`: the reply names no code. */
                    code: string;
                    count: number;
                    meaning: string;
                    reply: string | null;
                }[];
                /** @description Refused / tries. */
                share: number;
                /** @description Tries that were answered: delivered, deferred or bounced. */
                tries: number;
                /** @description The same in the days before. */
                usualShare: number;
            } | null;
            /**
             * @description `over`: of `kind` sender only.
             * @enum {string}
             */
            state: "open" | "held_back" | "not_held_back" | "over";
            tenant: string | null;
            text: string | null;
            until: string | null;
        };
        /**
         * @description An active suppression with its recipient.
         * @example {
         *       "tenant": "default",
         *       "address": "alice@example.com",
         *       "scope": "*",
         *       "reason": "hard_bounce",
         *       "category": "user_unknown",
         *       "since": "2026-03-01T10:00:00.000Z",
         *       "expiresAt": null,
         *       "firstFailureAt": "2026-03-01T10:00:00.000Z",
         *       "lastFailureAt": "2026-03-01T10:00:00.000Z",
         *       "failures": 1,
         *       "reply": "550 5.1.1 no such user",
         *       "rule": "enhanced-5.1.1",
         *       "policy": "sha256:3f1c",
         *       "createdBy": null,
         *       "note": null,
         *       "source": "kumomta",
         *       "provider": "gmail",
         *       "subdomains": false,
         *       "probationUntil": null,
         *       "updatedAt": "2026-03-01T10:00:00.000Z"
         *     }
         */
        ListedSuppression: {
            address: string;
            category: string | null;
            createdBy: string | null;
            expiresAt: string | null;
            failures: number;
            firstFailureAt: string | null;
            lastFailureAt: string | null;
            note: string | null;
            /** @description Version of the policy that was applied. */
            policy: string;
            probationUntil: string | null;
            provider: string | null;
            /**
             * @example hard_bounce
             * @enum {string}
             */
            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
            reply: string | null;
            rule: string | null;
            /**
             * @description `*` (all streams) or the name of a stream.
             * @example *
             */
            scope: string;
            /**
             * Format: date-time
             * @example 2026-03-01T10:00:00.000Z
             */
            since: string;
            source: string | null;
            /** @description Of a domain (`@example.com`): also for the domains below it. */
            subdomains: boolean;
            /** @example acme */
            tenant: string;
            /**
             * Format: date-time
             * @example 2026-03-01T10:00:00.000Z
             */
            updatedAt: string;
        };
        /**
         * @description An RFC 9457 problem document.
         * @example {
         *       "type": "urn:desist:problem:bad-request",
         *       "title": "Bad Request",
         *       "status": 400,
         *       "detail": "limit: must be at least 1.",
         *       "errors": [
         *         {
         *           "detail": "limit: must be at least 1",
         *           "parameter": "limit"
         *         }
         *       ]
         *     }
         */
        Problem: {
            /** @description What is wrong and what to do. */
            detail: string;
            /** @description Every mistake, up to 100. */
            errors?: {
                /** @description Column in that line, from 1. */
                column?: number;
                /** @description What is wrong and what is required. */
                detail: string;
                /** @description The header that is wrong. */
                header?: string;
                /** @description Index of the item in the request, from 0. */
                index?: number;
                /** @description Line in the file that the body contains, from 1. */
                line?: number;
                /** @description The parameter of the path or the query that is wrong. */
                parameter?: string;
                /** @description JSON pointer (RFC 6901, as a fragment) to the place in the body, or in the item that `index` names. */
                pointer?: string;
                /** @description For an item: `unreadable`, `unsupported_version`, `invalid`, or `forbidden`. */
                reason?: string;
            }[];
            /**
             * Format: uri
             * @description Identifies this occurrence in the service log.
             */
            instance?: string;
            /** @description Why the service is not ready. */
            problems?: string[];
            /** @description Why a webhook was refused. */
            reason?: string;
            status: number;
            title: string;
            /** Format: uri */
            type: string;
        };
        /**
         * @description An active suppression of a recipient.
         * @example {
         *       "scope": "*",
         *       "reason": "hard_bounce",
         *       "category": "user_unknown",
         *       "since": "2026-03-01T10:00:00.000Z",
         *       "expiresAt": null,
         *       "firstFailureAt": "2026-03-01T10:00:00.000Z",
         *       "lastFailureAt": "2026-03-01T10:00:00.000Z",
         *       "failures": 1,
         *       "reply": "550 5.1.1 no such user",
         *       "rule": "enhanced-5.1.1",
         *       "policy": "sha256:3f1c",
         *       "createdBy": null,
         *       "note": null,
         *       "source": "kumomta",
         *       "provider": "gmail",
         *       "subdomains": false,
         *       "probationUntil": null
         *     }
         */
        Suppression: {
            category: string | null;
            createdBy: string | null;
            expiresAt: string | null;
            failures: number;
            firstFailureAt: string | null;
            lastFailureAt: string | null;
            note: string | null;
            /** @description Version of the policy that was applied. */
            policy: string;
            probationUntil: string | null;
            provider: string | null;
            /**
             * @example hard_bounce
             * @enum {string}
             */
            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
            reply: string | null;
            rule: string | null;
            /**
             * @description `*` (all streams) or the name of a stream.
             * @example *
             */
            scope: string;
            /**
             * Format: date-time
             * @example 2026-03-01T10:00:00.000Z
             */
            since: string;
            source: string | null;
            /** @description Of a domain (`@example.com`): also for the domains below it. */
            subdomains: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ok";
                        version: string;
                    };
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/openmetrics-text": string;
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        problems: string[];
                        /** @enum {string} */
                        status: "ready";
                    };
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUnsubscribePage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description At most 2048 characters.
                 * @example AQIDBA
                 */
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page, with a button */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description The link is cut, changed, or of a secret that is not configured any more: nothing was changed. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            /** @description The link has expired: nothing was changed. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    unsubscribe: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description At most 2048 characters.
                 * @example AQIDBA
                 */
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": {
                    /** @enum {string} */
                    "List-Unsubscribe": "One-Click";
                };
                "multipart/form-data": {
                    /** @enum {string} */
                    "List-Unsubscribe": "One-Click";
                };
            };
        };
        responses: {
            /** @description Unsubscribed, durable in the log */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        unsubscribed: true;
                    };
                    "text/html": string;
                };
            };
            /** @description The body is not `List-Unsubscribe=One-Click`: nothing was changed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            /** @description The link is cut, changed, or of a secret that is not configured any more: nothing was changed. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            /** @description The link has expired: nothing was changed. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many at once: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The log did not confirm: send it again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "text/html": string;
                };
            };
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @example release */
                action?: string;
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description Entries about this address.
                 * @example alice@example.com
                 */
                recipient?: string;
                /**
                 * @description At or after.
                 * @example 2026-03-01T10:00:00.000Z
                 */
                since?: string;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
                /**
                 * @description Name or id of the API key, or the person.
                 * @example support
                 */
                who?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string | null;
                        items: {
                            /** @description A command (`suppress`, `release`, `allow`, `disallow`, `forget`, …), `key_made`, `key_rotated`, `key_ended`, `dead_letter_resent`, `import_started`, `import_resumed`, `import_stopped`, `import_finished`, `whatif_started`, `whatif_resumed`, `whatif_stopped`, `whatif_finished`, `incident_created`, `incident_voided`, `incident_restored`, `republish_requested`, `republish_stopped`, `partition_resumed`, `log_accepted`, `webhook_added`, `webhook_changed`, `webhook_paused`, `webhook_resumed`, `webhook_removed`, `webhook_secret_rotated`, `webhook_resent`, `signed_in` (of a person in the console; `refused` ones too, 60 an hour and process), `exported`; others may be added. */
                            action: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            at: string;
                            by: string | null;
                            /** @description Further values of this action. */
                            detail: {
                                [key: string]: unknown;
                            };
                            /** @description The recipient was erased: recipient, target and note are gone. */
                            erased: boolean;
                            from: string | null;
                            id: number;
                            key: string | null;
                            keyId: string | null;
                            note: string | null;
                            /**
                             * @description `done`; `accepted`: durable in the log; `applied` or `dead_letter`: what became of a command whose caller waited; `refused`: nothing was done; `unconfirmed`: it was about to be done, and nobody knows whether it was.
                             * @enum {string}
                             */
                            outcome: "done" | "unconfirmed" | "accepted" | "applied" | "dead_letter" | "refused";
                            recipient: string | null;
                            target: string | null;
                            tenant: string | null;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listChanges: {
        parameters: {
            query?: {
                /** @description `cursor` of an earlier answer. Default: the oldest change that is kept. */
                after?: string;
                /** @description Without `after`: begins with the last so many changes; 0: only what is published from now on. */
                last?: number;
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
                /**
                 * @description Types of changes, separated by commas. Default: all.
                 * @example suppressed,released
                 */
                types?: string;
            };
            header?: {
                /** @description For server-sent events: goes on behind this event; wins over `after`. */
                "last-event-id"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Changes, as JSON or as server-sent events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Where these changes end. */
                        cursor: string;
                        items: ({
                            allowance?: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339; null: until released
                                 */
                                expiresAt: string | null;
                                /** @description * or a stream */
                                scope: string;
                            };
                            /** @enum {unknown} */
                            cause: "event" | "deadline" | "delivered" | "engaged" | "expiry" | "lapse" | "operator" | "correction";
                            /** @description id of the change that late evidence has undone */
                            corrects?: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339
                             */
                            effectiveAt: string;
                            /**
                             * @description Of cause engaged: how the recipient showed that somebody is there
                             * @enum {unknown}
                             */
                            engagement?: "click" | "reply" | "login" | "confirmed";
                            evidence: {
                                category: string;
                                failures: number;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                firstFailureAt: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                lastFailureAt: string;
                                messages: number;
                                /** @description Of a suppression on probation, which rests on one failure: the persistent_deferral before it, which expired. */
                                previous?: {
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339
                                     */
                                    endedAt: string;
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339
                                     */
                                    since: string;
                                };
                                reply: string | null;
                                rule: string;
                            } | null;
                            /** @description Deterministic */
                            id: string;
                            /** @description id of the incident that brought it about, if one did */
                            incident?: string;
                            policy: string;
                            /** @description Of an expiry after which the recipient is on probation. */
                            probation?: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                until: string;
                            };
                            recipient: string;
                            recipientVersion: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339
                             */
                            recordedAt: string;
                            sequence: {
                                /** @description Rises when the database went back in time; numbers of a higher one come behind all of a lower one. Absent: 0. */
                                incarnation?: number;
                                number: number;
                                partition: number;
                            };
                            state: {
                                /** @enum {unknown} */
                                from: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                                /** @enum {unknown} */
                                to: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            };
                            suppression: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339; null: until released
                                 */
                                expiresAt: string | null;
                                /** @description The stream that the entry was asked for. 256 others held entries of their own: it was raised to * */
                                raisedFrom?: string;
                                /** @enum {unknown} */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /** @description * or a stream */
                                scope: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                since: string;
                                /** @description Of a domain: also for the domains below it. Absent: for the domain alone */
                                subdomains?: boolean;
                            } | null;
                            tenant: string;
                            /** @enum {unknown} */
                            type: "deferred" | "persistent" | "soft_bounced" | "suppressed" | "released" | "recovered" | "corrected" | "at_risk" | "allowed" | "disallowed";
                            /** @enum {unknown} */
                            version: 1;
                        } | {
                            /** @description Who */
                            by?: string | null;
                            codes?: {
                                code: string;
                                count: number;
                            }[];
                            counts: {
                                delivered: number;
                                /** @description Recipients that began to fail */
                                failing: number;
                                share: number;
                                /** @description Of the provider in the days before */
                                usualShare: number | null;
                            } | {
                                /** @description Of them, for the sender's fault: rate, reputation, authentication */
                                refused: number;
                                share: number;
                                /** @description Answered: delivered, deferred or bounced */
                                tries: number;
                                /** @description In the days before */
                                usualShare: number;
                            };
                            /**
                             * Format: date-time
                             * @description RFC 3339
                             */
                            effectiveAt: string;
                            /** @description Failures inside are held back */
                            holds: boolean;
                            /** @description Deterministic */
                            id: string;
                            incident: {
                                id: string;
                                /** @enum {unknown} */
                                kind: "provider" | "sender";
                            };
                            /** @description Why */
                            note?: string | null;
                            policy: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339
                             */
                            recordedAt: string;
                            /** @description sender only: the most frequent replies, what they mean and what to do */
                            replies?: {
                                /** @description What to do, most useful first */
                                actions: string[];
                                category: string;
                                /** @description As in "421 4.7.28"; none: the reply names no code */
                                code: string;
                                count: number;
                                meaning: string;
                                /** @description An example, without addresses */
                                reply: string | null;
                            }[];
                            /** @description Replies, without addresses */
                            samples?: string[];
                            sequence: {
                                /** @description Rises when the database went back in time; numbers of a higher one come behind all of a lower one. Absent: 0. */
                                incarnation?: number;
                                number: number;
                                partition: number;
                            };
                            /** @description * : every tenant */
                            tenant: string;
                            /** @description provider: which failures are inside; every term that is given must agree. sender: whose mail, to which provider */
                            terms: {
                                /** @description Reply code, enhanced code, or both */
                                code?: string | null;
                                /** @description Of the recipient's address */
                                domain?: string | null;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                from: string;
                                /** @description sender only: which IP pool or route of the sender; null: all of the tenant's */
                                pool?: string | null;
                                /** @description Who operates the mailbox, as verdicts name it */
                                provider?: string | null;
                                /** @description null: every tenant */
                                tenant?: string | null;
                                /** @description Part of the reply, whatever its case */
                                text?: string | null;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339, exclusive; null: it goes on
                                 */
                                until?: string | null;
                            };
                            /** @enum {unknown} */
                            type: "incident_opened" | "incident_closed" | "incident_voided" | "incident_restored";
                            /** @enum {unknown} */
                            version: 1;
                        })[];
                        /** @description There are more already. */
                        more: boolean;
                    };
                    "text/event-stream": string;
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What was asked for is not kept any more. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkRecipients: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "stream": "marketing",
                 *       "recipients": [
                 *         "alice@example.com",
                 *         "not an address"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description Email addresses, in any spelling, or domains (`@example.com`). An item that is no address gets an answer of its own and does not fail the request. */
                    recipients: unknown[];
                    stream?: string | null;
                    suppressions?: boolean | null;
                    tenant?: string | null;
                    whenAway?: ("open" | "closed" | "error") | null;
                };
            };
        };
        responses: {
            /** @description The answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Partition clocks: the answers include everything up to them. */
                        asOf: {
                            clock: string | null;
                            partition: number;
                        }[];
                        /**
                         * @description The database is unavailable: these are the answers that are configured for the stream in this case.
                         * @enum {boolean}
                         */
                        degraded?: true;
                        /** @description One per recipient, in the order of the request. */
                        results: {
                            /** @description True: you may send. */
                            allowed: boolean;
                            expiresAt: string | null;
                            /**
                             * @description The recipient was erased: only a keyed hash of the address is stored.
                             * @enum {boolean}
                             */
                            forgotten?: true;
                            /**
                             * @description A suppression for persistent deferral has expired not long ago: one more failure of its kind suppresses again. Send one message first.
                             * @enum {boolean}
                             */
                            probation?: true;
                            /** @description Why sending is not allowed: reasons of suppressions, of an entry for the domain or one above it with the entry (`operator @example.com`), `invalid_address`, or `unavailable` (the database is unavailable, and the stream is configured to fail closed). */
                            reasons: string[];
                            /** @description As sent; null for an array or an object. */
                            recipient: unknown;
                            state: ("healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed") | null;
                            /** @description Only when requested: the recipient's suppressions, and those of its domains, of all streams. */
                            suppressions?: {
                                /**
                                 * @description The entry of the domain, or of one above it, that this is.
                                 * @example @example.com
                                 */
                                entry?: string;
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                since: string;
                                /**
                                 * @description Of a domain: also for the domains below it.
                                 * @enum {boolean}
                                 */
                                subdomains?: true;
                            }[];
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    classifyReplies: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "replies": [
                 *         "550 5.1.1 no such user",
                 *         {
                 *           "reply": "mailbox full",
                 *           "code": 452,
                 *           "remoteHost": "mx1.example.com"
                 *         }
                 *       ],
                 *       "explain": false
                 *     }
                 */
                "application/json": {
                    /** @description Adds `knowledge`: what it means and what to do. */
                    explain?: boolean;
                    replies: (string | {
                        code?: number;
                        /** @example 5.1.1 */
                        enhanced?: string;
                        /**
                         * @description The command that was answered.
                         * @example rcpt
                         */
                        phase?: string;
                        /**
                         * @description A short name, or a registrable domain.
                         * @example gmail
                         */
                        provider?: string;
                        /** @description For its domain. */
                        recipient?: string;
                        /** @example mx1.example.com */
                        remoteHost?: string;
                        /** @example 550 5.1.1 no such user */
                        reply: string;
                    })[];
                };
            };
        };
        responses: {
            /** @description A verdict for each reply, in their order */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        results: {
                            /**
                             * @description Whose fault it is.
                             * @enum {string}
                             */
                            attribution: "recipient" | "system" | "unknown" | "greylisting" | "sender" | "message" | "local";
                            /** @enum {string} */
                            category: "user_unknown" | "domain_not_found" | "invalid_address" | "mailbox_disabled" | "mailbox_full" | "mailbox_moved" | "mailbox_unavailable" | "recipient_refused" | "upstream_suppressed" | "ip_reputation" | "domain_reputation" | "rate_limited" | "auth_failure" | "auth_temp_failure" | "rdns_failure" | "tls_required" | "sender_rejected" | "policy_block" | "spam_content" | "content_rejected" | "virus_detected" | "message_too_large" | "too_many_recipients" | "greylisting" | "recipient_rate_limited" | "server_busy" | "system_error" | "dns_failure" | "connection_failure" | "expired" | "routing_loop" | "relay_denied" | "protocol_error" | "unknown";
                            /** @description It counts against the recipient. */
                            counts: boolean;
                            /** @description A bounce with it suppresses at once. */
                            hardBounce: boolean;
                            /** @description What the reply itself advises. */
                            hints?: {
                                blockList?: string;
                                limit?: string;
                                link?: string;
                                /** @description Seconds. */
                                retryAfter?: number;
                            };
                            knowledge?: {
                                /** @description What to do, the most useful first. */
                                actions: string[];
                                causes: string[];
                                meaning: string;
                                worryAfterHours: number | null;
                            };
                            /** @enum {string} */
                            permanence: "temporary" | "permanent";
                            provider: string | null;
                            reply: string;
                            /** @description The rule that decided. */
                            rule: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCode: {
        parameters: {
            query?: {
                /**
                 * @description A short name, or a registrable domain.
                 * @example gmail
                 */
                provider?: string;
            };
            header?: never;
            path: {
                /** @example 550 5.1.1 */
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The code */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        basic: {
                            code: string;
                            meaning: string;
                            source: string;
                        } | null;
                        code: string;
                        enhanced: {
                            /** @enum {string} */
                            class: "temporary" | "permanent";
                            code: string;
                            meaning: string;
                            source: string;
                            subject: string;
                        } | null;
                        /** @description What is known beyond the standards, the most precise first. */
                        entries: {
                            /** @description What to do, the most useful first. */
                            actions: string[];
                            /** @enum {string} */
                            category: "user_unknown" | "domain_not_found" | "invalid_address" | "mailbox_disabled" | "mailbox_full" | "mailbox_moved" | "mailbox_unavailable" | "recipient_refused" | "upstream_suppressed" | "ip_reputation" | "domain_reputation" | "rate_limited" | "auth_failure" | "auth_temp_failure" | "rdns_failure" | "tls_required" | "sender_rejected" | "policy_block" | "spam_content" | "content_rejected" | "virus_detected" | "message_too_large" | "too_many_recipients" | "greylisting" | "recipient_rate_limited" | "server_busy" | "system_error" | "dns_failure" | "connection_failure" | "expired" | "routing_loop" | "relay_denied" | "protocol_error" | "unknown";
                            causes: string[];
                            code: string;
                            meaning: string;
                            provider?: string;
                            source: string;
                            worryAfterHours: number | null;
                        }[];
                        /** @description How a reply with this code and no words is read. */
                        reading: {
                            /** @description What to do, the most useful first. */
                            actions: string[];
                            /**
                             * @description Whose fault it is.
                             * @enum {string}
                             */
                            attribution: "recipient" | "system" | "unknown" | "greylisting" | "sender" | "message" | "local";
                            /** @enum {string} */
                            category: "user_unknown" | "domain_not_found" | "invalid_address" | "mailbox_disabled" | "mailbox_full" | "mailbox_moved" | "mailbox_unavailable" | "recipient_refused" | "upstream_suppressed" | "ip_reputation" | "domain_reputation" | "rate_limited" | "auth_failure" | "auth_temp_failure" | "rdns_failure" | "tls_required" | "sender_rejected" | "policy_block" | "spam_content" | "content_rejected" | "virus_detected" | "message_too_large" | "too_many_recipients" | "greylisting" | "recipient_rate_limited" | "server_busy" | "system_error" | "dns_failure" | "connection_failure" | "expired" | "routing_loop" | "relay_denied" | "protocol_error" | "unknown";
                            causes: string[];
                            /** @description It counts against the recipient. */
                            counts: boolean;
                            /** @description A bounce with it suppresses at once. */
                            hardBounce: boolean;
                            meaning: string;
                            /** @enum {string} */
                            permanence: "temporary" | "permanent";
                            /** @description The rule that decided. */
                            rule: string;
                            worryAfterHours: number | null;
                        };
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendCommands: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Printable ASCII. A repeated request with the same key has the same ids and is applied once.
                 * @example ticket-4711
                 */
                "idempotency-key"?: string;
                /**
                 * @description `wait=SECONDS`, at most 30. Other preferences are ignored.
                 * @example wait=10
                 */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Command"] | components["schemas"]["Command"][];
            };
        };
        responses: {
            /** @description Durable in the log, and read by the engine */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accepted: number;
                        /** @description Each command was applied. */
                        folded: boolean;
                        /** @description Ids of the commands, in their order. */
                        ids: string[];
                        /** @description Commands that changed nothing, and why: they became dead letters, or there was nothing that they could change (`nothing_active`, `needs_force`, `too_many_amends`, `too_many_allowances`). */
                        refused?: {
                            detail: string;
                            id: string;
                            reason: string;
                        }[];
                    };
                };
            };
            /** @description Durable in the log, not applied yet */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accepted: number;
                        /**
                         * @description Only when waiting was requested.
                         * @enum {boolean}
                         */
                        folded?: false;
                        /** @description Ids of the commands, in their order. */
                        ids: string[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /** @description Items per page. */
                limit?: number;
                /** @example wrong_key */
                reason?: string;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string | null;
                        items: {
                            /** @description What is wrong, and where. */
                            detail: string;
                            id: string;
                            key: string | null;
                            origin: {
                                offset: number;
                                partition: number;
                                topic: string;
                            } | null;
                            /** @description Why it could not be read: `wrong_key`, `unreadable`, `invalid`, `unsupported_version`, `too_large`, `poison`, or what a source says. */
                            reason: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            recordedAt: string;
                            /** @description Bytes of the value. */
                            size: number;
                            tenant: string | null;
                            /** @description It was longer than the log takes: the rest is lost. */
                            truncated: boolean;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDeadLetter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 0-812 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The record */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What is wrong, and where. */
                        detail: string;
                        /** @enum {string} */
                        encoding: "utf-8" | "base64";
                        id: string;
                        key: string | null;
                        origin: {
                            offset: number;
                            partition: number;
                            topic: string;
                        } | null;
                        /** @description Why it could not be read: `wrong_key`, `unreadable`, `invalid`, `unsupported_version`, `too_large`, `poison`, or what a source says. */
                        reason: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        recordedAt: string;
                        /** @description Bytes of the value. */
                        size: number;
                        tenant: string | null;
                        /** @description It was longer than the log takes: the rest is lost. */
                        truncated: boolean;
                        value: string | null;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resendDeadLetter: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 0-812 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Durable in the log */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        appended: {
                            offset: number;
                            partition: number;
                        };
                        id: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeliveryEvent"] | components["schemas"]["DeliveryEvent"][];
                "application/ndjson": string;
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description Durable in the log */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accepted: number;
                        /** @description Every invalid item; when there are many mistakes, with its first one only. */
                        errors: {
                            /** @description Column in that line, from 1. */
                            column?: number;
                            /** @description What is wrong and what is required. */
                            detail: string;
                            /** @description The header that is wrong. */
                            header?: string;
                            /** @description Index of the item in the request, from 0. */
                            index?: number;
                            /** @description Line in the file that the body contains, from 1. */
                            line?: number;
                            /** @description The parameter of the path or the query that is wrong. */
                            parameter?: string;
                            /** @description JSON pointer (RFC 6901, as a fragment) to the place in the body, or in the item that `index` names. */
                            pointer?: string;
                            /** @description For an item: `unreadable`, `unsupported_version`, `invalid`, or `forbidden`. */
                            reason?: string;
                        }[];
                        rejected: number;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listImports: {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The imports */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            as: ("bounce" | "complaint" | "unsubscribe" | "operator") | null;
                            by: string | null;
                            counts: {
                                /** @description Of these, those with another reason or scope: both are kept. */
                                conflicting: number;
                                /** @description Of recipients that were erased, who stay suppressed: not imported. */
                                forgotten: number;
                                /** @description Rows that are suppressions, by the format that they were read as. */
                                formats: {
                                    [key: string]: number;
                                };
                                /** @description Not suppressed before. */
                                fresh: number;
                                /** @description The same by reason: `bounce`, `complaint`, `unsubscribe`, `other`. */
                                kinds: {
                                    [key: string]: number;
                                };
                                /** @description Suppressed already. */
                                known: number;
                                /** @description Rows that are no suppressions. */
                                notSuppressed: number;
                                /** @description Why they are none. */
                                notSuppressedBecause: {
                                    [key: string]: number;
                                };
                                /** @description Rows whose address occurred before, as the sender of the rows says. */
                                repeated: number;
                                /** @description The same by scope: `*` and streams. */
                                scopes: {
                                    [key: string]: number;
                                };
                                /** @description Rows with a time that could not be read: they count from the start of the import. */
                                timesUnread: number;
                                /** @description Rows that could not be read. */
                                unreadable: number;
                            };
                            dryRun: boolean;
                            id: string;
                            key: string | null;
                            /** @description Of the file. */
                            name: string;
                            /** @description The first 1000 rows that could not be read. */
                            problems: {
                                line: number | null;
                                problem: string;
                                /** @description From 1, without a headline. */
                                row: number;
                            }[];
                            /** @description Rows that are durable in the log, or were counted by a dry run. The next one follows. */
                            rows: number;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            startedAt: string;
                            /**
                             * @description `stopped`: it takes no rows until it is created again with the same file.
                             * @enum {string}
                             */
                            state: "running" | "stopped" | "done";
                            stream: string | null;
                            tenant: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            updatedAt: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createImport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "bounces.csv",
                 *       "fingerprint": "Zl3Jr0v2k1bq9XW7mQ4s8A",
                 *       "tenant": "acme",
                 *       "dryRun": true
                 *     }
                 */
                "application/json": {
                    as?: ("bounce" | "complaint" | "unsubscribe" | "operator") | null;
                    by?: string | null;
                    /** @description Send nothing; say what would become of the rows. */
                    dryRun?: boolean;
                    /**
                     * @description The same for the same file and the same reading of its columns, such as a hash.
                     * @example Zl3Jr0v2k1bq9XW7mQ4s8A
                     */
                    fingerprint: string;
                    /**
                     * @description Of the file, for people.
                     * @example bounces.csv
                     */
                    name: string;
                    stream?: string | null;
                    tenant?: string | null;
                };
            };
        };
        responses: {
            /** @description The job that goes on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        as: ("bounce" | "complaint" | "unsubscribe" | "operator") | null;
                        by: string | null;
                        counts: {
                            /** @description Of these, those with another reason or scope: both are kept. */
                            conflicting: number;
                            /** @description Of recipients that were erased, who stay suppressed: not imported. */
                            forgotten: number;
                            /** @description Rows that are suppressions, by the format that they were read as. */
                            formats: {
                                [key: string]: number;
                            };
                            /** @description Not suppressed before. */
                            fresh: number;
                            /** @description The same by reason: `bounce`, `complaint`, `unsubscribe`, `other`. */
                            kinds: {
                                [key: string]: number;
                            };
                            /** @description Suppressed already. */
                            known: number;
                            /** @description Rows that are no suppressions. */
                            notSuppressed: number;
                            /** @description Why they are none. */
                            notSuppressedBecause: {
                                [key: string]: number;
                            };
                            /** @description Rows whose address occurred before, as the sender of the rows says. */
                            repeated: number;
                            /** @description The same by scope: `*` and streams. */
                            scopes: {
                                [key: string]: number;
                            };
                            /** @description Rows with a time that could not be read: they count from the start of the import. */
                            timesUnread: number;
                            /** @description Rows that could not be read. */
                            unreadable: number;
                        };
                        dryRun: boolean;
                        id: string;
                        key: string | null;
                        /** @description Of the file. */
                        name: string;
                        /** @description The first 1000 rows that could not be read. */
                        problems: {
                            line: number | null;
                            problem: string;
                            /** @description From 1, without a headline. */
                            row: number;
                        }[];
                        /** @description Rows that are durable in the log, or were counted by a dry run. The next one follows. */
                        rows: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: it takes no rows until it is created again with the same file.
                         * @enum {string}
                         */
                        state: "running" | "stopped" | "done";
                        stream: string | null;
                        tenant: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The new job */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        as: ("bounce" | "complaint" | "unsubscribe" | "operator") | null;
                        by: string | null;
                        counts: {
                            /** @description Of these, those with another reason or scope: both are kept. */
                            conflicting: number;
                            /** @description Of recipients that were erased, who stay suppressed: not imported. */
                            forgotten: number;
                            /** @description Rows that are suppressions, by the format that they were read as. */
                            formats: {
                                [key: string]: number;
                            };
                            /** @description Not suppressed before. */
                            fresh: number;
                            /** @description The same by reason: `bounce`, `complaint`, `unsubscribe`, `other`. */
                            kinds: {
                                [key: string]: number;
                            };
                            /** @description Suppressed already. */
                            known: number;
                            /** @description Rows that are no suppressions. */
                            notSuppressed: number;
                            /** @description Why they are none. */
                            notSuppressedBecause: {
                                [key: string]: number;
                            };
                            /** @description Rows whose address occurred before, as the sender of the rows says. */
                            repeated: number;
                            /** @description The same by scope: `*` and streams. */
                            scopes: {
                                [key: string]: number;
                            };
                            /** @description Rows with a time that could not be read: they count from the start of the import. */
                            timesUnread: number;
                            /** @description Rows that could not be read. */
                            unreadable: number;
                        };
                        dryRun: boolean;
                        id: string;
                        key: string | null;
                        /** @description Of the file. */
                        name: string;
                        /** @description The first 1000 rows that could not be read. */
                        problems: {
                            line: number | null;
                            problem: string;
                            /** @description From 1, without a headline. */
                            row: number;
                        }[];
                        /** @description Rows that are durable in the log, or were counted by a dry run. The next one follows. */
                        rows: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: it takes no rows until it is created again with the same file.
                         * @enum {string}
                         */
                        state: "running" | "stopped" | "done";
                        stream: string | null;
                        tenant: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getImport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example im_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        as: ("bounce" | "complaint" | "unsubscribe" | "operator") | null;
                        by: string | null;
                        counts: {
                            /** @description Of these, those with another reason or scope: both are kept. */
                            conflicting: number;
                            /** @description Of recipients that were erased, who stay suppressed: not imported. */
                            forgotten: number;
                            /** @description Rows that are suppressions, by the format that they were read as. */
                            formats: {
                                [key: string]: number;
                            };
                            /** @description Not suppressed before. */
                            fresh: number;
                            /** @description The same by reason: `bounce`, `complaint`, `unsubscribe`, `other`. */
                            kinds: {
                                [key: string]: number;
                            };
                            /** @description Suppressed already. */
                            known: number;
                            /** @description Rows that are no suppressions. */
                            notSuppressed: number;
                            /** @description Why they are none. */
                            notSuppressedBecause: {
                                [key: string]: number;
                            };
                            /** @description Rows whose address occurred before, as the sender of the rows says. */
                            repeated: number;
                            /** @description The same by scope: `*` and streams. */
                            scopes: {
                                [key: string]: number;
                            };
                            /** @description Rows with a time that could not be read: they count from the start of the import. */
                            timesUnread: number;
                            /** @description Rows that could not be read. */
                            unreadable: number;
                        };
                        dryRun: boolean;
                        id: string;
                        key: string | null;
                        /** @description Of the file. */
                        name: string;
                        /** @description The first 1000 rows that could not be read. */
                        problems: {
                            line: number | null;
                            problem: string;
                            /** @description From 1, without a headline. */
                            row: number;
                        }[];
                        /** @description Rows that are durable in the log, or were counted by a dry run. The next one follows. */
                        rows: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: it takes no rows until it is created again with the same file.
                         * @enum {string}
                         */
                        state: "running" | "stopped" | "done";
                        stream: string | null;
                        tenant: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sendImportRows: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example im_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from": 0,
                 *       "rows": [
                 *         {
                 *           "address": "alice@example.com",
                 *           "kind": "bounce",
                 *           "format": "sendgrid-bounces",
                 *           "at": "2026-03-01T10:00:00.000Z",
                 *           "reply": "550 5.1.1 no such user",
                 *           "line": 2
                 *         },
                 *         {
                 *           "kept": "a contact",
                 *           "line": 3
                 *         },
                 *         {
                 *           "problem": "not JSON",
                 *           "line": 4
                 *         }
                 *       ],
                 *       "last": true
                 *     }
                 */
                "application/json": {
                    /** @description Rows before these. */
                    from: number;
                    /** @description These are the last ones: the import is done. */
                    last?: boolean;
                    rows: ({
                        /** @description As the list has it; `@` and a domain for a domain. */
                        address: string;
                        at?: string | null;
                        by?: string | null;
                        expiresAt?: string | null;
                        /**
                         * @description Name of the format of the list.
                         * @example sendgrid-bounces
                         */
                        format: string;
                        /** @enum {string} */
                        kind: "bounce" | "complaint" | "unsubscribe" | "other";
                        line?: number | null;
                        /** @description The list has failures of single messages among its rows: replies decide. */
                        mixed?: boolean;
                        note?: string | null;
                        reason?: string | null;
                        repeat?: ("same" | "other") | null;
                        reply?: string | null;
                        /**
                         * @description `*` (all streams) or the name of a stream.
                         * @example *
                         */
                        scope?: string;
                        source?: string | null;
                        /** @description Of a domain: also for those below it. */
                        subdomains?: boolean;
                        tenant?: string | null;
                        /** @description The row has a time that could not be read. */
                        timeless?: boolean;
                    } | {
                        address?: string | null;
                        /** @description Why it is no suppression. */
                        kept: string;
                        line?: number | null;
                    } | {
                        line?: number | null;
                        /** @description Why it could not be read. Contains no address. */
                        problem: string;
                    })[];
                };
            };
        };
        responses: {
            /** @description How far it has come */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        as: ("bounce" | "complaint" | "unsubscribe" | "operator") | null;
                        by: string | null;
                        counts: {
                            /** @description Of these, those with another reason or scope: both are kept. */
                            conflicting: number;
                            /** @description Of recipients that were erased, who stay suppressed: not imported. */
                            forgotten: number;
                            /** @description Rows that are suppressions, by the format that they were read as. */
                            formats: {
                                [key: string]: number;
                            };
                            /** @description Not suppressed before. */
                            fresh: number;
                            /** @description The same by reason: `bounce`, `complaint`, `unsubscribe`, `other`. */
                            kinds: {
                                [key: string]: number;
                            };
                            /** @description Suppressed already. */
                            known: number;
                            /** @description Rows that are no suppressions. */
                            notSuppressed: number;
                            /** @description Why they are none. */
                            notSuppressedBecause: {
                                [key: string]: number;
                            };
                            /** @description Rows whose address occurred before, as the sender of the rows says. */
                            repeated: number;
                            /** @description The same by scope: `*` and streams. */
                            scopes: {
                                [key: string]: number;
                            };
                            /** @description Rows with a time that could not be read: they count from the start of the import. */
                            timesUnread: number;
                            /** @description Rows that could not be read. */
                            unreadable: number;
                        };
                        dryRun: boolean;
                        /** @description Of a dry run: the first rows among these. */
                        first?: {
                            becomes: string;
                            line: number | null;
                            recipient: string | null;
                            row: number;
                        }[];
                        id: string;
                        key: string | null;
                        /** @description Of the file. */
                        name: string;
                        /** @description The first 1000 rows that could not be read. */
                        problems: {
                            line: number | null;
                            problem: string;
                            /** @description From 1, without a headline. */
                            row: number;
                        }[];
                        /** @description Rows that are durable in the log, or were counted by a dry run. The next one follows. */
                        rows: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: it takes no rows until it is created again with the same file.
                         * @enum {string}
                         */
                        state: "running" | "stopped" | "done";
                        stream: string | null;
                        tenant: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopImport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example im_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stopped job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        as: ("bounce" | "complaint" | "unsubscribe" | "operator") | null;
                        by: string | null;
                        counts: {
                            /** @description Of these, those with another reason or scope: both are kept. */
                            conflicting: number;
                            /** @description Of recipients that were erased, who stay suppressed: not imported. */
                            forgotten: number;
                            /** @description Rows that are suppressions, by the format that they were read as. */
                            formats: {
                                [key: string]: number;
                            };
                            /** @description Not suppressed before. */
                            fresh: number;
                            /** @description The same by reason: `bounce`, `complaint`, `unsubscribe`, `other`. */
                            kinds: {
                                [key: string]: number;
                            };
                            /** @description Suppressed already. */
                            known: number;
                            /** @description Rows that are no suppressions. */
                            notSuppressed: number;
                            /** @description Why they are none. */
                            notSuppressedBecause: {
                                [key: string]: number;
                            };
                            /** @description Rows whose address occurred before, as the sender of the rows says. */
                            repeated: number;
                            /** @description The same by scope: `*` and streams. */
                            scopes: {
                                [key: string]: number;
                            };
                            /** @description Rows with a time that could not be read: they count from the start of the import. */
                            timesUnread: number;
                            /** @description Rows that could not be read. */
                            unreadable: number;
                        };
                        dryRun: boolean;
                        id: string;
                        key: string | null;
                        /** @description Of the file. */
                        name: string;
                        /** @description The first 1000 rows that could not be read. */
                        problems: {
                            line: number | null;
                            problem: string;
                            /** @description From 1, without a headline. */
                            row: number;
                        }[];
                        /** @description Rows that are durable in the log, or were counted by a dry run. The next one follows. */
                        rows: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: it takes no rows until it is created again with the same file.
                         * @enum {string}
                         */
                        state: "running" | "stopped" | "done";
                        stream: string | null;
                        tenant: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listIncidents: {
        parameters: {
            query?: {
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /**
                 * @description Default: both.
                 * @example sender
                 */
                kind?: "provider" | "sender";
                /** @description Items per page. */
                limit?: number;
                /** @description Only those that go on. */
                state?: "open";
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string | null;
                        items: components["schemas"]["Incident"][];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createIncident: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "provider": "gmail",
                 *       "from": "2026-03-01T10:00:00.000Z",
                 *       "until": "2026-03-01T16:00:00.000Z",
                 *       "code": "550 5.1.1"
                 *     }
                 */
                "application/json": {
                    by?: string | null;
                    code?: string | null;
                    domain?: string | null;
                    /**
                     * Format: date-time
                     * @example 2026-03-01T10:00:00.000Z
                     */
                    from: string;
                    note?: string | null;
                    provider?: string | null;
                    tenant?: string | null;
                    text?: string | null;
                    until?: string | null;
                } & (unknown & unknown);
            };
        };
        responses: {
            /** @description The incident exists already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description The incident was created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getIncident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example op-Zl3Jr0v2k1bq9XW7mQ4s8A */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The incident */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        action: "opened" | "closed" | "voided" | "restored";
                        by: string | null;
                        code: string | null;
                        codes: {
                            code: string;
                            count: number;
                        }[];
                        counted: {
                            /** @description Recipients that began to fail and messages that were delivered, by the quarter of an hour, from three hours before it to three hours after it. */
                            quarters: {
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                at: string;
                                delivered: number;
                                failing: number;
                            }[];
                            threshold: {
                                /** @description Recipients that must fail as well. */
                                recipients: number;
                                /** @description Share of failing among failing and delivered from which on it is an incident. */
                                share: number;
                            };
                        } | null;
                        counts: {
                            delivered: number;
                            failing: number;
                            usualShare: number | null;
                        } | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        createdAt: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        decidedAt: string;
                        domain: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        from: string;
                        /** @description Failures inside are held back: they do not count. */
                        holds: boolean;
                        id: string;
                        /**
                         * @description `provider`: failures that are not the recipients' fault. `sender`: a provider refuses the sender's mail; holds nothing back.
                         * @enum {string}
                         */
                        kind: "provider" | "sender";
                        note: string | null;
                        /** @enum {string} */
                        origin: "detected" | "operator";
                        progress: {
                            /** @description Recipients changed. */
                            changed: number;
                            /** @description Partitions that have applied it completely. */
                            done: number;
                            /** @description Recipients examined. */
                            looked: number;
                            partitions: number;
                            /** @description The latest decision is in the log. */
                            told: boolean;
                        };
                        provider: string | null;
                        revision: number;
                        /** @description Replies, with addresses removed. */
                        samples: string[];
                        sender: {
                            pool: string | null;
                            /** @description Of them, for the sender's fault: rate, reputation, authentication. */
                            refused: number;
                            /** @description The most frequent first. */
                            replies: {
                                /** @description What to do, most useful first. */
                                actions: string[];
                                category: string;
                                /** @description As in `421 4.7.28`; `none`: the reply names no code. */
                                code: string;
                                count: number;
                                meaning: string;
                                reply: string | null;
                            }[];
                            /** @description Refused / tries. */
                            share: number;
                            /** @description Tries that were answered: delivered, deferred or bounced. */
                            tries: number;
                            /** @description The same in the days before. */
                            usualShare: number;
                        } | null;
                        /**
                         * @description `over`: of `kind` sender only.
                         * @enum {string}
                         */
                        state: "open" | "held_back" | "not_held_back" | "over";
                        tenant: string | null;
                        text: string | null;
                        until: string | null;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewIncident: {
        parameters: {
            query?: {
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @example op-Zl3Jr0v2k1bq9XW7mQ4s8A */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Examples of the recipients. */
                        addresses: string[];
                        codes: {
                            code: string;
                            count: number;
                        }[];
                        cursor: string | null;
                        failures: number;
                        /** @description Failures that are held back already. */
                        heldBack: number;
                        /** @description Recipients with failures inside. */
                        recipients: number;
                        /** @description Recipients for whom a suppression would end if the incident were voided. */
                        released: number;
                        samples: string[];
                        /** @description Recipients that are suppressed now. */
                        suppressed: number;
                        /** @description Recipients for whom a suppression would begin if the incident were restored. */
                        suppressedAgain: number;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restoreIncident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example op-Zl3Jr0v2k1bq9XW7mQ4s8A */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "by": "support",
                 *       "note": "confirmed by the provider"
                 *     }
                 */
                "application/json": {
                    by?: string | null;
                    note?: string | null;
                };
            };
        };
        responses: {
            /** @description The incident was in this state already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description Decided; `progress` of the incident shows how many partitions have applied it */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    voidIncident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example op-Zl3Jr0v2k1bq9XW7mQ4s8A */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "by": "support",
                 *       "note": "confirmed by the provider"
                 *     }
                 */
                "application/json": {
                    by?: string | null;
                    note?: string | null;
                };
            };
        };
        responses: {
            /** @description The incident was in this state already */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description Decided; `progress` of the incident shows how many partitions have applied it */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Incident"];
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /** @description Items per page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        configured: {
                            /** @example acme */
                            name: string;
                            /**
                             * @description `operator` includes the others.
                             * @example [
                             *       "reader"
                             *     ]
                             */
                            roles: ("reader" | "ingester" | "operator")[];
                            tenants: string[] | null;
                        }[];
                        cursor: string | null;
                        items: {
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            createdAt: string;
                            createdBy: string | null;
                            endedAt: string | null;
                            expiresAt: string | null;
                            id: string;
                            lastUsedAt: string | null;
                            /** @example acme */
                            name: string;
                            /**
                             * @description `operator` includes the others.
                             * @example [
                             *       "reader"
                             *     ]
                             */
                            roles: ("reader" | "ingester" | "operator")[];
                            rotatedAt: string | null;
                            tenants: string[] | null;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "support",
                 *       "roles": [
                 *         "reader"
                 *       ],
                 *       "tenants": [
                 *         "acme"
                 *       ],
                 *       "expiresAt": "2027-03-01T00:00:00.000Z"
                 *     }
                 */
                "application/json": {
                    by?: string | null;
                    expiresAt?: string | null;
                    /** @example acme */
                    name: string;
                    /** @description `operator` includes the others. */
                    roles: ("reader" | "ingester" | "operator")[];
                    tenants: string[] | null;
                };
            };
        };
        responses: {
            /** @description The key, with its secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        endedAt: string | null;
                        expiresAt: string | null;
                        id: string;
                        /** @description What its owner sends. It is shown once and stored nowhere. */
                        key: string;
                        lastUsedAt: string | null;
                        /** @example acme */
                        name: string;
                        /**
                         * @description `operator` includes the others.
                         * @example [
                         *       "reader"
                         *     ]
                         */
                        roles: ("reader" | "ingester" | "operator")[];
                        rotatedAt: string | null;
                        tenants: string[] | null;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example key_5f2c9a10b7e3d4486a1c */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        endedAt: string | null;
                        expiresAt: string | null;
                        id: string;
                        lastUsedAt: string | null;
                        /** @example acme */
                        name: string;
                        /**
                         * @description `operator` includes the others.
                         * @example [
                         *       "reader"
                         *     ]
                         */
                        roles: ("reader" | "ingester" | "operator")[];
                        rotatedAt: string | null;
                        tenants: string[] | null;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example key_5f2c9a10b7e3d4486a1c */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "overlap": "24h"
                 *     }
                 */
                "application/json": {
                    by?: string | null;
                    /**
                     * @description How long the earlier secret still works: 24h by default, 0s to end it at once.
                     * @example 24h
                     */
                    overlap?: string;
                };
            };
        };
        responses: {
            /** @description The key, with its new secret */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        /**
                         * Format: date-time
                         * @description When earlier secrets end, at the latest.
                         */
                        earlierUntil: string;
                        endedAt: string | null;
                        expiresAt: string | null;
                        id: string;
                        /** @description What its owner sends. It is shown once and stored nowhere. */
                        key: string;
                        lastUsedAt: string | null;
                        /** @example acme */
                        name: string;
                        /**
                         * @description `operator` includes the others.
                         * @example [
                         *       "reader"
                         *     ]
                         */
                        roles: ("reader" | "ingester" | "operator")[];
                        rotatedAt: string | null;
                        tenants: string[] | null;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The policy in force */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        by: string | null;
                        file: string | null;
                        revision: number | null;
                        shadow: {
                            /** @description Where it differs: `from` is in force, `to` is its own; null: there is no such line, and what it inherits holds. Values that have no effect in a shadow policy are left out. */
                            changes: {
                                from: string | null;
                                /**
                                 * @description As in the file: `deferral.suppress_after`, `tenants.acme.streams.news.deferral.suppress_after`, `rules.full`.
                                 * @example deferral.suppress_after
                                 */
                                path: string;
                                to: string | null;
                            }[];
                            name: string | null;
                            /** @description Hash of its values. */
                            version: string;
                        } | null;
                        since: string | null;
                        /** @description Every value of the base; of tenants and streams those that differ from what they inherit; then the own rules. */
                        values: {
                            inherited: string | null;
                            /** @enum {string} */
                            origin: "built_in" | "policy_file";
                            /**
                             * @description As in the file: `deferral.suppress_after`, `tenants.acme.streams.news.deferral.suppress_after`, `rules.full`.
                             * @example deferral.suppress_after
                             */
                            path: string;
                            /** @description As it is written in a file. */
                            value: string;
                        }[];
                        /** @description Hash of the values; each decision names it. */
                        version: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "policy": "version: 1\ndeferral:\n  suppress_after: 96h\n"
                 *     }
                 */
                "application/json": {
                    /** @description The text of a policy file, at most 64 KiB. */
                    policy: string;
                };
            };
        };
        responses: {
            /** @description What it would change */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description What would change against the policy in force. Null: there is no such line. */
                        changes: {
                            from: string | null;
                            /**
                             * @description As in the file: `deferral.suppress_after`, `tenants.acme.streams.news.deferral.suppress_after`, `rules.full`.
                             * @example deferral.suppress_after
                             */
                            path: string;
                            to: string | null;
                        }[];
                        version: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The operation exceeded its time limit. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reloadPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "by": "anna"
                 *     }
                 */
                "application/json": {
                    by?: string | null;
                };
            };
        };
        responses: {
            /** @description The policy in force */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        by: string | null;
                        /** @description False: the file says what is in force already. */
                        changed: boolean;
                        revision: number;
                        shadowVersion: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        since: string;
                        version: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A file that this operation reads has mistakes: `errors` lists them. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProviders: {
        parameters: {
            query?: {
                /**
                 * @description Default: the key's only tenant, otherwise `default`.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The providers, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Connections at a time from one IP address. */
                            connections: {
                                least: number;
                                most: number;
                            };
                            openIncidents: number;
                            provider: string;
                            recent: {
                                delivered: number;
                                /** @description Recipients that began to fail. */
                                failing: number;
                            } | null;
                            title: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getProvider: {
        parameters: {
            query?: {
                /**
                 * @description Default: the key's only tenant, otherwise `default`.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path: {
                /**
                 * @description A short name, or a registrable domain.
                 * @example gmail
                 */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The provider */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        advice: {
                            asOf: string;
                            /** @description Connections at a time from one IP address. */
                            connections: {
                                least: number;
                                most: number;
                            };
                            notes: string[];
                            source: string;
                        };
                        codes: {
                            /** @description What to do, the most useful first. */
                            actions: string[];
                            /** @enum {string} */
                            category: "user_unknown" | "domain_not_found" | "invalid_address" | "mailbox_disabled" | "mailbox_full" | "mailbox_moved" | "mailbox_unavailable" | "recipient_refused" | "upstream_suppressed" | "ip_reputation" | "domain_reputation" | "rate_limited" | "auth_failure" | "auth_temp_failure" | "rdns_failure" | "tls_required" | "sender_rejected" | "policy_block" | "spam_content" | "content_rejected" | "virus_detected" | "message_too_large" | "too_many_recipients" | "greylisting" | "recipient_rate_limited" | "server_busy" | "system_error" | "dns_failure" | "connection_failure" | "expired" | "routing_loop" | "relay_denied" | "protocol_error" | "unknown";
                            causes: string[];
                            code: string;
                            meaning: string;
                            provider?: string;
                            source: string;
                            worryAfterHours: number | null;
                        }[];
                        domains: string[];
                        hosts: string[];
                        /** @description It is in the built-in table. */
                        known: boolean;
                        openIncidents: components["schemas"]["Incident"][];
                        provider: string;
                        recent: {
                            codes: {
                                code: string;
                                count: number;
                            }[];
                            delivered: number;
                            /** @description Recipients that began to fail. */
                            failing: number;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            from: string;
                            samples: string[];
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            to: string;
                        } | null;
                        /** @description Minutes before each further attempt; the last one repeats. */
                        retry: {
                            giveUpAfterHours: number;
                            minutes: number[];
                            source: string;
                        };
                        /** @description What this installation has seen of it. */
                        seen: {
                            greylisting: {
                                count: number;
                                p50: number;
                                p90: number;
                            } | null;
                            /** @description Replies of the last 24 hours that refused mail for the sender's fault, the most frequent first. */
                            limits: {
                                /** @description What to do, most useful first. */
                                actions: string[];
                                category: string;
                                /** @description As in `421 4.7.28`; `none`: the reply names no code. */
                                code: string;
                                count: number;
                                /** @description What the reply itself advises. */
                                hints: {
                                    blockList?: string;
                                    limit?: string;
                                    link?: string;
                                    /** @description Seconds. */
                                    retryAfter?: number;
                                };
                                meaning: string;
                                reply: string | null;
                            }[];
                        };
                        title: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRecipients: {
        parameters: {
            query?: {
                /** @description Of the streak. */
                category?: "user_unknown" | "domain_not_found" | "invalid_address" | "mailbox_disabled" | "mailbox_full" | "mailbox_moved" | "mailbox_unavailable" | "recipient_refused" | "upstream_suppressed" | "ip_reputation" | "domain_reputation" | "rate_limited" | "auth_failure" | "auth_temp_failure" | "rdns_failure" | "tls_required" | "sender_rejected" | "policy_block" | "spam_content" | "content_rejected" | "virus_detected" | "message_too_large" | "too_many_recipients" | "greylisting" | "recipient_rate_limited" | "server_busy" | "system_error" | "dns_failure" | "connection_failure" | "expired" | "routing_loop" | "relay_denied" | "protocol_error" | "unknown";
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /**
                 * @description The part of the address after the @.
                 * @example example.com
                 */
                domain?: string;
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description The operator of the mailbox in the streak.
                 * @example gmail
                 */
                provider?: string;
                /** @description `probation`: those on probation, whatever their state. Default: everybody who is not healthy. */
                state?: "deferred" | "persistent" | "soft_bounced" | "suppressed" | "probation";
                /**
                 * @description Those that will be suppressed before this time if nothing changes.
                 * @example 2026-03-01T10:00:00.000Z
                 */
                suppressedBefore?: string;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string | null;
                        items: {
                            address: string;
                            advice: string | null;
                            probationUntil: string | null;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            streak: {
                                category: string | null;
                                failures: number;
                                lastFailureAt: string | null;
                                messages: number;
                                provider: string | null;
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                startedAt: string;
                            } | null;
                            suppressAt: string | null;
                            suppressions: {
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                since: string;
                            }[];
                            /** @example acme */
                            tenant: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            updatedAt: string;
                            version: number;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRecipient: {
        parameters: {
            query?: {
                /**
                 * @description Default: the key's only tenant, otherwise `default`.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path: {
                /**
                 * @description An address in any spelling, or `@` and a domain.
                 * @example alice@example.com
                 */
                address: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        address: string;
                        advice: string | null;
                        allowed: {
                            expiresAt: string | null;
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                        }[];
                        /** @description Entries of its domain, and of the domains above it, that a check uses, too. They change neither state nor history of the address. */
                        domains: {
                            /**
                             * @description The entry of the domain, or of one above it, that this is.
                             * @example @example.com
                             */
                            entry?: string;
                            expiresAt: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            since: string;
                            /**
                             * @description Of a domain: also for the domains below it.
                             * @enum {boolean}
                             */
                            subdomains?: true;
                        }[];
                        /** @description Suppressions of an erased recipient with this address, of which only a keyed hash is stored. */
                        erased: {
                            expiresAt: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            since: string;
                        }[];
                        policy: string | null;
                        probationUntil: string | null;
                        shadow: {
                            /** @description It says something else than the policy in force. */
                            differs: boolean;
                            /** @description Version of the shadow policy. */
                            policy: string;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            suppression: {
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                since: string;
                            } | null;
                        } | null;
                        /**
                         * @example suppressed
                         * @enum {string}
                         */
                        state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                        streak: {
                            category: string | null;
                            failures: number;
                            lastFailureAt: string | null;
                            messages: number;
                            provider: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            startedAt: string;
                        } | null;
                        suppressAt: string | null;
                        suppressions: components["schemas"]["Suppression"][];
                        /** @example acme */
                        tenant: string;
                        updatedAt: string | null;
                        version: number;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRecipientChanges: {
        parameters: {
            query?: {
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description Default: the key's only tenant, otherwise `default`.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path: {
                /**
                 * @description An address in any spelling, or `@` and a domain.
                 * @example alice@example.com
                 */
                address: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string | null;
                        items: {
                            allowance?: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339; null: until released
                                 */
                                expiresAt: string | null;
                                /** @description * or a stream */
                                scope: string;
                            };
                            /** @enum {unknown} */
                            cause: "event" | "deadline" | "delivered" | "engaged" | "expiry" | "lapse" | "operator" | "correction";
                            /** @description id of the change that late evidence has undone */
                            corrects?: string;
                            /**
                             * Format: date-time
                             * @description RFC 3339
                             */
                            effectiveAt: string;
                            /**
                             * @description Of cause engaged: how the recipient showed that somebody is there
                             * @enum {unknown}
                             */
                            engagement?: "click" | "reply" | "login" | "confirmed";
                            evidence: {
                                category: string;
                                failures: number;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                firstFailureAt: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                lastFailureAt: string;
                                messages: number;
                                /** @description Of a suppression on probation, which rests on one failure: the persistent_deferral before it, which expired. */
                                previous?: {
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339
                                     */
                                    endedAt: string;
                                    /**
                                     * Format: date-time
                                     * @description RFC 3339
                                     */
                                    since: string;
                                };
                                reply: string | null;
                                rule: string;
                            } | null;
                            /** @description Deterministic */
                            id: string;
                            /** @description id of the incident that brought it about, if one did */
                            incident?: string;
                            policy: string;
                            /** @description Of an expiry after which the recipient is on probation. */
                            probation?: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                until: string;
                            };
                            recipient: string;
                            recipientVersion: number;
                            /**
                             * Format: date-time
                             * @description RFC 3339
                             */
                            recordedAt: string;
                            state: {
                                /** @enum {unknown} */
                                from: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                                /** @enum {unknown} */
                                to: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            };
                            suppression: {
                                /**
                                 * Format: date-time
                                 * @description RFC 3339; null: until released
                                 */
                                expiresAt: string | null;
                                /** @description The stream that the entry was asked for. 256 others held entries of their own: it was raised to * */
                                raisedFrom?: string;
                                /** @enum {unknown} */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /** @description * or a stream */
                                scope: string;
                                /**
                                 * Format: date-time
                                 * @description RFC 3339
                                 */
                                since: string;
                                /** @description Of a domain: also for the domains below it. Absent: for the domain alone */
                                subdomains?: boolean;
                            } | null;
                            tenant: string;
                            /** @enum {unknown} */
                            type: "deferred" | "persistent" | "soft_bounced" | "suppressed" | "released" | "recovered" | "corrected" | "at_risk" | "allowed" | "disallowed";
                            /** @enum {unknown} */
                            version: 1;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainRecipient: {
        parameters: {
            query?: {
                /**
                 * @description Default: the key's only tenant, otherwise `default`.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path: {
                /**
                 * @description An address in any spelling, or `@` and a domain.
                 * @example alice@example.com
                 */
                address: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The explanation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        address: string;
                        advice: string | null;
                        allowed: {
                            expiresAt: string | null;
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                        }[];
                        /** @description Entries of its domain, and of the domains above it, that a check uses, too. They change neither state nor history of the address. */
                        domains: {
                            /**
                             * @description The entry of the domain, or of one above it, that this is.
                             * @example @example.com
                             */
                            entry?: string;
                            expiresAt: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            since: string;
                            /**
                             * @description Of a domain: also for the domains below it.
                             * @enum {boolean}
                             */
                            subdomains?: true;
                        }[];
                        /** @description Suppressions of an erased recipient with this address, of which only a keyed hash is stored. */
                        erased: {
                            expiresAt: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            since: string;
                        }[];
                        /** @description The facts that are kept, in order of time. */
                        facts: {
                            at: string | null;
                            attribution: string | null;
                            by?: string | null;
                            category: string | null;
                            /** @description The current state depends on it. */
                            counts: boolean;
                            effect?: string | null;
                            expiresAt?: string | null;
                            force?: boolean;
                            /** @description Id of the incident that holds it back. */
                            incident?: string;
                            /**
                             * @description Of `engaged`.
                             * @enum {string}
                             */
                            kind?: "click" | "reply" | "login" | "confirmed";
                            /** @description Number of further failures between the previous fact and this one, of which only the count is kept. */
                            merged?: number;
                            messageId?: string;
                            note?: string | null;
                            permanence: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason?: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            reply: string | null;
                            /** @enum {string} */
                            role: "counted" | "waiting" | "held_back" | "hard_bounce" | "not_counted" | "while_suppressed" | "decided" | "no_effect" | "refused";
                            rule: string | null;
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope?: string;
                            source?: string;
                            stream: string | null;
                            subdomains?: boolean;
                            type: string;
                            voidedBy: ("delivered" | "engaged" | "release" | "expiry" | "lapse") | null;
                            why: string | null;
                        }[];
                        policy: string | null;
                        probationUntil: string | null;
                        refold: {
                            agrees: boolean;
                            note: string;
                            policy: string;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                        } | null;
                        shadow: {
                            /** @description It says something else than the policy in force. */
                            differs: boolean;
                            /** @description Version of the shadow policy. */
                            policy: string;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            suppression: {
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                since: string;
                            } | null;
                        } | null;
                        /**
                         * @example suppressed
                         * @enum {string}
                         */
                        state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                        streak: {
                            category: string | null;
                            failures: number;
                            lastFailureAt: string | null;
                            messages: number;
                            provider: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            startedAt: string;
                        } | null;
                        suppressAt: string | null;
                        suppressions: components["schemas"]["Suppression"][];
                        /** @example acme */
                        tenant: string;
                        /** @description The transitions that these facts caused, in order. */
                        transitions: {
                            allowance?: {
                                expiresAt: string | null;
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                            };
                            at: string | null;
                            cause: string;
                            /**
                             * @description Of the cause `engaged`: how.
                             * @enum {string}
                             */
                            engagement?: "click" | "reply" | "login" | "confirmed";
                            evidence: {
                                category: string;
                                failures: number;
                                firstFailureAt: string | null;
                                lastFailureAt: string | null;
                                messages: number;
                                /** @description Of a suppression on probation: the one before, which had expired. */
                                previous?: {
                                    /**
                                     * Format: date-time
                                     * @example 2026-03-01T10:00:00.000Z
                                     */
                                    endedAt: string;
                                    /**
                                     * Format: date-time
                                     * @example 2026-03-01T10:00:00.000Z
                                     */
                                    since: string;
                                };
                                reply: string | null;
                                rule: string;
                            } | null;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            from: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            /** @description What the expiry begins. */
                            probation?: {
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                until: string;
                            };
                            suppression: {
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                since: string | null;
                                subdomains?: boolean;
                            } | null;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            to: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            type: string;
                        }[];
                        updatedAt: string | null;
                        version: number;
                        whatWouldChangeIt: string[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainRecipientUnderPolicy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description An address in any spelling, or `@` and a domain.
                 * @example alice@example.com
                 */
                address: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "policy": "version: 1\ndeferral:\n  suppress_after: 96h\n"
                 *     }
                 */
                "application/json": {
                    /** @description The text of a policy file, at most 64 KiB. */
                    policy: string;
                    tenant?: string | null;
                };
            };
        };
        responses: {
            /** @description The explanation under both policies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        address: string;
                        advice: string | null;
                        allowed: {
                            expiresAt: string | null;
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                        }[];
                        /** @description Entries of its domain, and of the domains above it, that a check uses, too. They change neither state nor history of the address. */
                        domains: {
                            /**
                             * @description The entry of the domain, or of one above it, that this is.
                             * @example @example.com
                             */
                            entry?: string;
                            expiresAt: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            since: string;
                            /**
                             * @description Of a domain: also for the domains below it.
                             * @enum {boolean}
                             */
                            subdomains?: true;
                        }[];
                        /** @description Suppressions of an erased recipient with this address, of which only a keyed hash is stored. */
                        erased: {
                            expiresAt: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            since: string;
                        }[];
                        /** @description The facts that are kept, in order of time. */
                        facts: {
                            at: string | null;
                            attribution: string | null;
                            by?: string | null;
                            category: string | null;
                            /** @description The current state depends on it. */
                            counts: boolean;
                            effect?: string | null;
                            expiresAt?: string | null;
                            force?: boolean;
                            /** @description Id of the incident that holds it back. */
                            incident?: string;
                            /**
                             * @description Of `engaged`.
                             * @enum {string}
                             */
                            kind?: "click" | "reply" | "login" | "confirmed";
                            /** @description Number of further failures between the previous fact and this one, of which only the count is kept. */
                            merged?: number;
                            messageId?: string;
                            note?: string | null;
                            permanence: string | null;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason?: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            reply: string | null;
                            /** @enum {string} */
                            role: "counted" | "waiting" | "held_back" | "hard_bounce" | "not_counted" | "while_suppressed" | "decided" | "no_effect" | "refused";
                            rule: string | null;
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope?: string;
                            source?: string;
                            stream: string | null;
                            subdomains?: boolean;
                            type: string;
                            voidedBy: ("delivered" | "engaged" | "release" | "expiry" | "lapse") | null;
                            why: string | null;
                        }[];
                        policy: string | null;
                        probationUntil: string | null;
                        refold: {
                            agrees: boolean;
                            note: string;
                            policy: string;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                        } | null;
                        shadow: {
                            /** @description It says something else than the policy in force. */
                            differs: boolean;
                            /** @description Version of the shadow policy. */
                            policy: string;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            suppression: {
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                since: string;
                            } | null;
                        } | null;
                        /**
                         * @example suppressed
                         * @enum {string}
                         */
                        state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                        streak: {
                            category: string | null;
                            failures: number;
                            lastFailureAt: string | null;
                            messages: number;
                            provider: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            startedAt: string;
                        } | null;
                        suppressAt: string | null;
                        suppressions: components["schemas"]["Suppression"][];
                        /** @example acme */
                        tenant: string;
                        /** @description The transitions that these facts caused, in order. */
                        transitions: {
                            allowance?: {
                                expiresAt: string | null;
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                            };
                            at: string | null;
                            cause: string;
                            /**
                             * @description Of the cause `engaged`: how.
                             * @enum {string}
                             */
                            engagement?: "click" | "reply" | "login" | "confirmed";
                            evidence: {
                                category: string;
                                failures: number;
                                firstFailureAt: string | null;
                                lastFailureAt: string | null;
                                messages: number;
                                /** @description Of a suppression on probation: the one before, which had expired. */
                                previous?: {
                                    /**
                                     * Format: date-time
                                     * @example 2026-03-01T10:00:00.000Z
                                     */
                                    endedAt: string;
                                    /**
                                     * Format: date-time
                                     * @example 2026-03-01T10:00:00.000Z
                                     */
                                    since: string;
                                };
                                reply: string | null;
                                rule: string;
                            } | null;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            from: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            /** @description What the expiry begins. */
                            probation?: {
                                /**
                                 * Format: date-time
                                 * @example 2026-03-01T10:00:00.000Z
                                 */
                                until: string;
                            };
                            suppression: {
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                since: string | null;
                                subdomains?: boolean;
                            } | null;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            to: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            type: string;
                        }[];
                        underPolicy: {
                            /** @description The differences from the current state. */
                            alters: string[];
                            /** @description Version of the policy that was sent. */
                            policy: string;
                            /**
                             * @example suppressed
                             * @enum {string}
                             */
                            state: "healthy" | "deferred" | "persistent" | "soft_bounced" | "suppressed";
                            suppressAt: string | null;
                            suppressions: {
                                expiresAt: string | null;
                                /**
                                 * @example hard_bounce
                                 * @enum {string}
                                 */
                                reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                                /**
                                 * @description `*` (all streams) or the name of a stream.
                                 * @example *
                                 */
                                scope: string;
                                since: string | null;
                                subdomains?: boolean;
                            }[];
                        };
                        updatedAt: string | null;
                        version: number;
                        whatWouldChangeIt: string[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The operation exceeded its time limit. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRepublish: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The comparisons */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Recipients whose value on the topic was compared with the table. */
                            compared: number;
                            finishedAt: string | null;
                            /** @description Recipients whose value differed and was published again. */
                            mended: number;
                            partition: number;
                            problem: string | null;
                            /** @description Records that were read. */
                            read: number;
                            /**
                             * @description Who asked: an operator, or the engine itself.
                             * @enum {string}
                             */
                            reason: "requested" | "database_went_back" | "topic_behind";
                            /** @description Records of the topic to be read, at most. */
                            records: number;
                            requestedAt: string | null;
                            /** @enum {string} */
                            state: "requested" | "running" | "done" | "stopped" | "failed";
                        }[];
                        /** @description Recipients that are on the list and published, at least. */
                        listed: number;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    republish: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "partition": 3
                 *     }
                 */
                "application/json": {
                    /**
                     * @description Of the input. Default: all.
                     * @example 3
                     */
                    partition?: number;
                };
            };
        };
        responses: {
            /** @description What was asked for */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** @description Recipients whose value on the topic was compared with the table. */
                            compared: number;
                            finishedAt: string | null;
                            /** @description Recipients whose value differed and was published again. */
                            mended: number;
                            partition: number;
                            problem: string | null;
                            /** @description Records that were read. */
                            read: number;
                            /**
                             * @description Who asked: an operator, or the engine itself.
                             * @enum {string}
                             */
                            reason: "requested" | "database_went_back" | "topic_behind";
                            /** @description Records of the topic to be read, at most. */
                            records: number;
                            requestedAt: string | null;
                            /** @enum {string} */
                            state: "requested" | "running" | "done" | "stopped" | "failed";
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopRepublish: {
        parameters: {
            query?: {
                /**
                 * @description Of the input. Default: all.
                 * @example 3
                 */
                partition?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that were stopped */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        stopped: number[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSeries: {
        parameters: {
            query: {
                /**
                 * @description Groups; not every measure has every one.
                 * @example provider
                 */
                by?: "provider" | "domain" | "category" | "attribution" | "stream" | "pool" | "reason" | "tenant";
                /**
                 * @description Default: a day before `to`. Rounded down to a whole step.
                 * @example 2026-03-01T10:00:00.000Z
                 */
                from?: string;
                /** @description Largest groups that stand by themselves. */
                groups?: number;
                /**
                 * @description What to tell.
                 * @example outcomes
                 */
                measure: "outcomes" | "engagement" | "deferral_share" | "delivered_after_deferral" | "time_to_delivery" | "wait_distribution" | "greylisting_delay" | "suppressions" | "releases" | "persistent" | "regret" | "waste" | "shadow";
                /**
                 * @description This pool only; with `outcomes`, `engagement` and `deferral_share`.
                 * @example pool-1
                 */
                pool?: string;
                /**
                 * @description This provider only.
                 * @example gmail
                 */
                provider?: string;
                /**
                 * @description Default: the smallest that gives 100 steps or so.
                 * @example 1h
                 */
                step?: "15m" | "1h" | "1d";
                /**
                 * @description This stream only; with `outcomes`, `engagement` and `deferral_share`.
                 * @example acme
                 */
                stream?: string;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
                /**
                 * @description Exclusive. Default: now. Rounded up to a whole step.
                 * @example 2026-03-01T10:00:00.000Z
                 */
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The series */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        by: ("provider" | "domain" | "category" | "attribution" | "stream" | "pool" | "reason" | "tenant") | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        from: string;
                        /** @enum {string} */
                        measure: "outcomes" | "engagement" | "deferral_share" | "delivered_after_deferral" | "time_to_delivery" | "wait_distribution" | "greylisting_delay" | "suppressions" | "releases" | "persistent" | "regret" | "waste" | "shadow";
                        series: {
                            group: string | null;
                            /** @enum {string} */
                            metric: "accepted" | "delivered" | "deferred" | "bounced" | "expired" | "rejected" | "complained" | "unsubscribed" | "count" | "share" | "given_up" | "p50" | "p90" | "p99" | "to_1m" | "to_5m" | "to_15m" | "to_1h" | "to_4h" | "to_12h" | "to_1d" | "longer" | "low" | "high" | "suppressed" | "regretted" | "mail_taken" | "attempts" | "released" | "shadow_suppressed" | "shadow_released";
                            total: number | null;
                            /** @description One for each of `times`; null: there is nothing to compute it from. */
                            values: (number | null)[];
                        }[];
                        /** @enum {string} */
                        step: "15m" | "1h" | "1d";
                        /** @description The start of each step. */
                        times: string[];
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        to: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string | null;
                        provider: string | null;
                        /** @description There are keys, so one is required. */
                        required: boolean;
                        roles: ("reader" | "ingester" | "operator")[];
                        /** @description This caller may read: signed in, with a key in a header, or no key is required. */
                        signedIn: boolean;
                        tenants: string[] | null;
                        version: string;
                        /** @description This process accepts commands; `query` only reads. */
                        writes: boolean;
                    };
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "key": "desist_…"
                 *     }
                 */
                "application/json": {
                    /** @description The API key. */
                    key: string;
                };
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string | null;
                        provider: string | null;
                        /** @description There are keys, so one is required. */
                        required: boolean;
                        roles: ("reader" | "ingester" | "operator")[];
                        /** @description This caller may read: signed in, with a key in a header, or no key is required. */
                        signedIn: boolean;
                        tenants: string[] | null;
                        version: string;
                        /** @description This process accepts commands; `query` only reads. */
                        writes: boolean;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string | null;
                        provider: string | null;
                        /** @description There are keys, so one is required. */
                        required: boolean;
                        roles: ("reader" | "ingester" | "operator")[];
                        /** @description This caller may read: signed in, with a key in a header, or no key is required. */
                        signedIn: boolean;
                        tenants: string[] | null;
                        version: string;
                        /** @description This process accepts commands; `query` only reads. */
                        writes: boolean;
                    };
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The status */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Records of the input that were not as they should be, since the database exists. */
                        faults: {
                            count: number;
                            /** @description The reason of dead letters, or `other_partitioner`. */
                            kind: string;
                            lastAt: string | null;
                            lastOffset: number;
                            partition: number;
                        }[];
                        /** @description Webhooks of providers that this process refused because of their path, the latest first; 100 at most. */
                        misdirected: {
                            count: number;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            lastAt: string;
                            /** @description Where the requests came to. */
                            path: string;
                            problem: string;
                        }[];
                        partitions: {
                            attempts: number;
                            clock: string | null;
                            /** @description Dead letters that wait to be appended to the log. */
                            deadLetters: number;
                            epoch: number;
                            lag: number | null;
                            nextNumber: number;
                            nextOffset: number;
                            /** @description Changes that wait to be appended to the log. */
                            outbox: number;
                            outdated: number | null;
                            owner: string | null;
                            /** @description Changes and dead letters that the log refuses for good: they are kept, and wait no more. */
                            parked: number;
                            partition: number;
                            policy: string | null;
                            stopped: string | null;
                            tracked: number | null;
                            updatedAt: string | null;
                        }[];
                        /** @description Tracked recipients by state. */
                        recipients: {
                            deferred?: number;
                            healthy?: number;
                            persistent?: number;
                            soft_bounced?: number;
                            suppressed?: number;
                        };
                        suppressions: {
                            count: number;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                        }[];
                        /** @description Event words that nobody has described, which this process ignored, the latest first; 100 at most. */
                        unknownWords: {
                            count: number;
                            format: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            lastAt: string;
                            source: string;
                            word: string;
                        }[];
                        version: string;
                        /** @description HTTP subscribers that fail, are paused or have ended; 100 at most. */
                        webhooks: {
                            /** @description Published changes that are not past it yet; those that it does not want are among them. */
                            behind: number;
                            description: string | null;
                            failingSince: string | null;
                            /** @example wh_5f2c9a0b41d7e863aa190c4d */
                            id: string;
                            nextTryAt: string | null;
                            problem: string | null;
                            reason: ("operator" | "failing" | "lost_changes" | "gone") | null;
                            /**
                             * @description `failing`: active, and a request to it is tried again. `paused`: nothing is sent, and nothing is lost. `ended`: it answered 410.
                             * @enum {string}
                             */
                            state: "active" | "failing" | "paused" | "ended";
                            tenant: string | null;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSummary: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counters */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowances: number;
                        asOf: string | null;
                        /** @description Recipients that a deadline suppresses within 24 hours if nothing changes, by whole hours. */
                        atRisk: number;
                        lag: {
                            /** @description Dead letters that are not in the log yet. */
                            deadLetters: number;
                            partitions: number;
                            records: number | null;
                            /** @description Changes that are not in the log yet. */
                            relay: number;
                            stopped: number;
                        };
                        last24h: {
                            /** @description By type, by whole hours. */
                            events: {
                                [key: string]: number;
                            };
                            persistent: number;
                            recovered: number;
                            /** @description Suppressions that a delivery has shown to be wrong in this time. */
                            regretted: number;
                            released: number;
                            suppressed: number;
                        };
                        /** @description Not healthy, by state. */
                        recipients: {
                            [key: string]: number;
                        };
                        shadow: {
                            both: number;
                            real: number;
                            shadow: number;
                        } | null;
                        suppressions: {
                            count: number;
                            /**
                             * @example hard_bounce
                             * @enum {string}
                             */
                            reason: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                            /**
                             * @description `*` (all streams) or the name of a stream.
                             * @example *
                             */
                            scope: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSuppressions: {
        parameters: {
            query?: {
                /**
                 * @description This address, in any spelling, or the entry of this domain (`@example.com`).
                 * @example alice@example.com
                 */
                address?: string;
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /**
                 * @description The part of the address after the @.
                 * @example example.com
                 */
                domain?: string;
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description Beginning of the address.
                 * @example alice
                 */
                prefix?: string;
                /** @example hard_bounce */
                reason?: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                /**
                 * @description `*` (all streams) or the name of a stream.
                 * @example *
                 */
                scope?: string;
                /**
                 * @description Suppressions that began at this time or later.
                 * @example 2026-03-01T10:00:00.000Z
                 */
                since?: string;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string | null;
                        items: components["schemas"]["ListedSuppression"][];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportSuppressions: {
        parameters: {
            query?: {
                /**
                 * @description This address, in any spelling, or the entry of this domain (`@example.com`).
                 * @example alice@example.com
                 */
                address?: string;
                /**
                 * @description The part of the address after the @.
                 * @example example.com
                 */
                domain?: string;
                format?: "ndjson" | "csv";
                /**
                 * @description Beginning of the address.
                 * @example alice
                 */
                prefix?: string;
                /** @example hard_bounce */
                reason?: "persistent_deferral" | "hard_bounce" | "complaint" | "unsubscribe" | "operator";
                /**
                 * @description `*` (all streams) or the name of a stream.
                 * @example *
                 */
                scope?: string;
                /**
                 * @description Suppressions that began at this time or later.
                 * @example 2026-03-01T10:00:00.000Z
                 */
                since?: string;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One line per suppression */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTop: {
        parameters: {
            query?: {
                /**
                 * @description Default: provider.
                 * @example provider
                 */
                by?: "provider" | "domain" | "pool";
                limit?: number;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where mail is deferred */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        by: "provider" | "domain" | "pool";
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        from: string;
                        /** @description The most deferrals first. */
                        items: {
                            bounced: number;
                            deferralShare: number | null;
                            deferred: number;
                            delivered: number;
                            medianWait: number | null;
                            name: string | null;
                            /** @description Ids of open incidents of either kind. */
                            openIncidents: string[];
                            reason: {
                                category: string;
                                count: number;
                            } | null;
                            /** @description Delivered, deferred or bounced. */
                            tries: number;
                            usualShare: number | null;
                        }[];
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        to: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUnmatchedReplies: {
        parameters: {
            query?: {
                /** @description Largest number of wordings. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The wordings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            count: number;
                            text: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createUnsubscribeLinks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "stream": "marketing",
                 *       "recipients": [
                 *         "alice@example.com"
                 *       ]
                 *     }
                 */
                "application/json": {
                    expiresAt?: string | null;
                    /** @description Email addresses, in any spelling. */
                    recipients: unknown[];
                    stream?: string | null;
                    tenant?: string | null;
                };
            };
        };
        responses: {
            /** @description The links */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        expiresAt: string;
                        results: {
                            headers: {
                                "List-Unsubscribe": string;
                                "List-Unsubscribe-Post": string;
                            } | null;
                            /** @enum {string} */
                            reason?: "invalid_address";
                            /** @description As sent; null for an array or an object. */
                            recipient: unknown;
                            url: string | null;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description `cursor` of the previous page, with the same filters. */
                cursor?: string;
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string | null;
                        items: {
                            batch: number | null;
                            /** @description Published changes that are not past it yet; those that it does not want are among them. */
                            behind: number;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            changedAt: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            createdAt: string;
                            createdBy: string | null;
                            description: string | null;
                            failingSince: string | null;
                            /** @example wh_5f2c9a0b41d7e863aa190c4d */
                            id: string;
                            lastDeliveredAt: string | null;
                            nextTryAt: string | null;
                            problem: string | null;
                            reason: ("operator" | "failing" | "lost_changes" | "gone") | null;
                            /**
                             * @description `failing`: active, and a request to it is tried again. `paused`: nothing is sent, and nothing is lost. `ended`: it answered 410.
                             * @enum {string}
                             */
                            state: "active" | "failing" | "paused" | "ended";
                            tenant: string | null;
                            types: ("deferred" | "persistent" | "soft_bounced" | "suppressed" | "released" | "recovered" | "corrected" | "at_risk" | "allowed" | "disallowed" | "incident_opened" | "incident_closed" | "incident_voided" | "incident_restored")[] | null;
                            url: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "tenant": "acme",
                 *       "url": "https://crm.example.com/hooks/desist",
                 *       "types": [
                 *         "suppressed",
                 *         "released"
                 *       ]
                 *     }
                 */
                "application/json": {
                    /** @description `cursor` of `GET /v1/changes`: begins behind it. Wins over `from`. */
                    after?: string;
                    batch?: number | null;
                    description?: string | null;
                    /**
                     * @description Begins with what is published from now on (default), or with the oldest change that is kept.
                     * @enum {string}
                     */
                    from?: "now" | "oldest";
                    tenant?: string | null;
                    types?: ("deferred" | "persistent" | "soft_bounced" | "suppressed" | "released" | "recovered" | "corrected" | "at_risk" | "allowed" | "disallowed" | "incident_opened" | "incident_closed" | "incident_voided" | "incident_restored")[] | null;
                    /**
                     * @description http or https. Addresses that are not public are refused unless DESIST_WEBHOOK_NETWORKS allows their network.
                     * @example https://crm.example.com/hooks/desist
                     */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Added */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        batch: number | null;
                        /** @description Published changes that are not past it yet; those that it does not want are among them. */
                        behind: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        changedAt: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        description: string | null;
                        failingSince: string | null;
                        /** @example wh_5f2c9a0b41d7e863aa190c4d */
                        id: string;
                        lastDeliveredAt: string | null;
                        nextTryAt: string | null;
                        problem: string | null;
                        reason: ("operator" | "failing" | "lost_changes" | "gone") | null;
                        /**
                         * @description Signs the requests (Standard Webhooks). It is shown once, here.
                         * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD2aQTV+3Jd5k=
                         */
                        secret: string;
                        /**
                         * @description `failing`: active, and a request to it is tried again. `paused`: nothing is sent, and nothing is lost. `ended`: it answered 410.
                         * @enum {string}
                         */
                        state: "active" | "failing" | "paused" | "ended";
                        tenant: string | null;
                        types: ("deferred" | "persistent" | "soft_bounced" | "suppressed" | "released" | "recovered" | "corrected" | "at_risk" | "allowed" | "disallowed" | "incident_opened" | "incident_closed" | "incident_voided" | "incident_restored")[] | null;
                        url: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    receiveWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Format of the payload, such as `ses`.
                 * @example ses
                 */
                format: string;
                /**
                 * @description Name of a source in the sources file.
                 * @example main
                 */
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Durable in the log */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accepted: number;
                        deadLetters: number;
                        ignored: number;
                        /** @description The code of a subscription of Event Grid. */
                        validationResponse?: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example wh_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The subscriber */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        batch: number | null;
                        /** @description Published changes that are not past it yet; those that it does not want are among them. */
                        behind: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        changedAt: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        description: string | null;
                        failingSince: string | null;
                        /** @example wh_5f2c9a0b41d7e863aa190c4d */
                        id: string;
                        lastDeliveredAt: string | null;
                        nextTryAt: string | null;
                        problem: string | null;
                        reason: ("operator" | "failing" | "lost_changes" | "gone") | null;
                        /**
                         * @description `failing`: active, and a request to it is tried again. `paused`: nothing is sent, and nothing is lost. `ended`: it answered 410.
                         * @enum {string}
                         */
                        state: "active" | "failing" | "paused" | "ended";
                        tenant: string | null;
                        types: ("deferred" | "persistent" | "soft_bounced" | "suppressed" | "released" | "recovered" | "corrected" | "at_risk" | "allowed" | "disallowed" | "incident_opened" | "incident_closed" | "incident_voided" | "incident_restored")[] | null;
                        url: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example wh_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        removed: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example wh_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "state": "paused"
                 *     }
                 */
                "application/json": {
                    description?: string | null;
                    /** @description With `state: active`: goes on behind changes that are lost. */
                    skipLost?: boolean;
                    /** @enum {string} */
                    state?: "active" | "paused";
                    /**
                     * @description http or https. Addresses that are not public are refused unless DESIST_WEBHOOK_NETWORKS allows their network.
                     * @example https://crm.example.com/hooks/desist
                     */
                    url?: string;
                };
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        batch: number | null;
                        /** @description Published changes that are not past it yet; those that it does not want are among them. */
                        behind: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        changedAt: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        createdAt: string;
                        createdBy: string | null;
                        description: string | null;
                        failingSince: string | null;
                        /** @example wh_5f2c9a0b41d7e863aa190c4d */
                        id: string;
                        lastDeliveredAt: string | null;
                        nextTryAt: string | null;
                        problem: string | null;
                        reason: ("operator" | "failing" | "lost_changes" | "gone") | null;
                        /**
                         * @description `failing`: active, and a request to it is tried again. `paused`: nothing is sent, and nothing is lost. `ended`: it answered 410.
                         * @enum {string}
                         */
                        state: "active" | "failing" | "paused" | "ended";
                        tenant: string | null;
                        types: ("deferred" | "persistent" | "soft_bounced" | "suppressed" | "released" | "recovered" | "corrected" | "at_risk" | "allowed" | "disallowed" | "incident_opened" | "incident_closed" | "incident_voided" | "incident_restored")[] | null;
                        url: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @example wh_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The requests */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            at: string;
                            attempt: number;
                            /** @description Changes in the request; 0: a test. */
                            changes: number;
                            from: number | null;
                            id: string;
                            /** @enum {string} */
                            kind: "delivery" | "resend" | "test";
                            milliseconds: number;
                            partition: number | null;
                            problem: string | null;
                            status: number | null;
                            to: number | null;
                            /** @description The header `webhook-id`: the same on every try. */
                            webhookId: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resendWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 3-41 */
                delivery: string;
                /** @example wh_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was answered */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        at: string;
                        attempt: number;
                        /** @description Changes in the request; 0: a test. */
                        changes: number;
                        from: number | null;
                        id: string;
                        /** @enum {string} */
                        kind: "delivery" | "resend" | "test";
                        milliseconds: number;
                        partition: number | null;
                        problem: string | null;
                        status: number | null;
                        to: number | null;
                        /** @description The header `webhook-id`: the same on every try. */
                        webhookId: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description What was asked for is not kept any more. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example wh_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "overlap": "24h"
                 *     }
                 */
                "application/json": {
                    /**
                     * @description How long the earlier secrets sign too: a duration such as 24h (the default), up to 30d; `0s`: they end now.
                     * @example 24h
                     */
                    overlap?: string;
                };
            };
        };
        responses: {
            /** @description The new secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * @description Signs the requests (Standard Webhooks). It is shown once, here.
                         * @example whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD2aQTV+3Jd5k=
                         */
                        secret: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example wh_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was answered */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        at: string;
                        attempt: number;
                        /** @description Changes in the request; 0: a test. */
                        changes: number;
                        from: number | null;
                        id: string;
                        /** @enum {string} */
                        kind: "delivery" | "resend" | "test";
                        milliseconds: number;
                        partition: number | null;
                        problem: string | null;
                        status: number | null;
                        to: number | null;
                        /** @description The header `webhook-id`: the same on every try. */
                        webhookId: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWhatIfs: {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /**
                 * @description Default: every tenant that the key may see.
                 * @example acme
                 */
                tenant?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The jobs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            by: string | null;
                            id: string;
                            key: string | null;
                            problem: string | null;
                            /** @description Records of the log that were read. */
                            records: number;
                            result: {
                                a: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                b: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                compared: {
                                    /** @description Attempts that B would have made and A spared. */
                                    added: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    earlier: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    later: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses that only A would have suppressed. */
                                    onlyA: number;
                                    onlyB: number;
                                    regretOnlyA: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    regretOnlyB: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Suppressed by both at the same moment. */
                                    same: number;
                                    /** @description Attempts that B would have spared and A made. */
                                    spared: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                };
                                duplicates: number;
                                events: number;
                                from: string | null;
                                /** @description The same by reason, category, provider and tenant: 20 values of each at most. */
                                groups: {
                                    a: {
                                        /** @description Attempts in vain that the policy would have made. */
                                        attempts: number;
                                        regret: {
                                            /** @description Suppressed for failures. */
                                            addresses: number;
                                            /** @description The share is about so many days. */
                                            days: number;
                                            /** @description Tried to the end of the 30 days, and took none. */
                                            followed: number;
                                            /** @description Took none so far, and the history ends before the 30 days do. */
                                            notYetKnown: number;
                                            share: {
                                                high: number;
                                                low: number;
                                                share: number;
                                            } | null;
                                            /** @description Took mail within 30 days afterwards. */
                                            tookMail: number;
                                            /** @description Never tried again: nothing is known. */
                                            untried: number;
                                        };
                                        /** @description Addresses, for whatever reason. */
                                        suppressed: number;
                                        /** @description All attempts in vain. */
                                        uselessAttempts: number;
                                        waste: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                    };
                                    b: {
                                        /** @description Attempts in vain that the policy would have made. */
                                        attempts: number;
                                        regret: {
                                            /** @description Suppressed for failures. */
                                            addresses: number;
                                            /** @description The share is about so many days. */
                                            days: number;
                                            /** @description Tried to the end of the 30 days, and took none. */
                                            followed: number;
                                            /** @description Took none so far, and the history ends before the 30 days do. */
                                            notYetKnown: number;
                                            share: {
                                                high: number;
                                                low: number;
                                                share: number;
                                            } | null;
                                            /** @description Took mail within 30 days afterwards. */
                                            tookMail: number;
                                            /** @description Never tried again: nothing is known. */
                                            untried: number;
                                        };
                                        /** @description Addresses, for whatever reason. */
                                        suppressed: number;
                                        /** @description All attempts in vain. */
                                        uselessAttempts: number;
                                        waste: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                    };
                                    /** @enum {string} */
                                    by: "reason" | "category" | "provider" | "tenant";
                                    compared: {
                                        /** @description Attempts that B would have made and A spared. */
                                        added: {
                                            addresses: number;
                                            attempts: number;
                                            notYetKnown: number;
                                            share: {
                                                high: number;
                                                low: number;
                                                share: number;
                                            } | null;
                                            /** @description The address took no mail afterwards. */
                                            useless: number;
                                        };
                                        /** @description Addresses, and quantiles in hours. */
                                        earlier: {
                                            count: number;
                                            p10: number | null;
                                            p50: number | null;
                                            p90: number | null;
                                        };
                                        /** @description Addresses, and quantiles in hours. */
                                        later: {
                                            count: number;
                                            p10: number | null;
                                            p50: number | null;
                                            p90: number | null;
                                        };
                                        /** @description Addresses that only A would have suppressed. */
                                        onlyA: number;
                                        onlyB: number;
                                        regretOnlyA: {
                                            /** @description Suppressed for failures. */
                                            addresses: number;
                                            /** @description The share is about so many days. */
                                            days: number;
                                            /** @description Tried to the end of the 30 days, and took none. */
                                            followed: number;
                                            /** @description Took none so far, and the history ends before the 30 days do. */
                                            notYetKnown: number;
                                            share: {
                                                high: number;
                                                low: number;
                                                share: number;
                                            } | null;
                                            /** @description Took mail within 30 days afterwards. */
                                            tookMail: number;
                                            /** @description Never tried again: nothing is known. */
                                            untried: number;
                                        };
                                        regretOnlyB: {
                                            /** @description Suppressed for failures. */
                                            addresses: number;
                                            /** @description The share is about so many days. */
                                            days: number;
                                            /** @description Tried to the end of the 30 days, and took none. */
                                            followed: number;
                                            /** @description Took none so far, and the history ends before the 30 days do. */
                                            notYetKnown: number;
                                            share: {
                                                high: number;
                                                low: number;
                                                share: number;
                                            } | null;
                                            /** @description Took mail within 30 days afterwards. */
                                            tookMail: number;
                                            /** @description Never tried again: nothing is known. */
                                            untried: number;
                                        };
                                        /** @description Suppressed by both at the same moment. */
                                        same: number;
                                        /** @description Attempts that B would have spared and A made. */
                                        spared: {
                                            addresses: number;
                                            attempts: number;
                                            notYetKnown: number;
                                            share: {
                                                high: number;
                                                low: number;
                                                share: number;
                                            } | null;
                                            /** @description The address took no mail afterwards. */
                                            useless: number;
                                        };
                                    };
                                    value: string;
                                }[];
                                leftOut: number;
                                /** @description Versions: A is the policy in force, B the other. */
                                policies: {
                                    a: string;
                                    b: string;
                                };
                                /** @description Recipients that something was kept of. */
                                recipients: number;
                                /** @description What it comes to, in sentences. */
                                text: string[];
                                to: string | null;
                            } | null;
                            since: string | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            startedAt: string;
                            /**
                             * @description `stopped`: nobody runs it until it is asked for again; then it begins anew.
                             * @enum {string}
                             */
                            state: "waiting" | "running" | "stopped" | "done" | "failed";
                            tenant: string | null;
                            total: number | null;
                            /**
                             * Format: date-time
                             * @example 2026-03-01T10:00:00.000Z
                             */
                            updatedAt: string;
                        }[];
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWhatIf: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "policy": "version: 1\ndeferral:\n  suppress_after: 96h\n"
                 *     }
                 */
                "application/json": {
                    by?: string | null;
                    /** @description The text of a policy file, at most 64 KiB. */
                    policy: string;
                    since?: string | null;
                    tenant?: string | null;
                };
            };
        };
        responses: {
            /** @description The job that asks the same */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        by: string | null;
                        id: string;
                        key: string | null;
                        problem: string | null;
                        /** @description Records of the log that were read. */
                        records: number;
                        result: {
                            a: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            b: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            compared: {
                                /** @description Attempts that B would have made and A spared. */
                                added: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                earlier: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                later: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses that only A would have suppressed. */
                                onlyA: number;
                                onlyB: number;
                                regretOnlyA: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                regretOnlyB: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Suppressed by both at the same moment. */
                                same: number;
                                /** @description Attempts that B would have spared and A made. */
                                spared: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                            };
                            duplicates: number;
                            events: number;
                            from: string | null;
                            /** @description The same by reason, category, provider and tenant: 20 values of each at most. */
                            groups: {
                                a: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                b: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                /** @enum {string} */
                                by: "reason" | "category" | "provider" | "tenant";
                                compared: {
                                    /** @description Attempts that B would have made and A spared. */
                                    added: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    earlier: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    later: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses that only A would have suppressed. */
                                    onlyA: number;
                                    onlyB: number;
                                    regretOnlyA: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    regretOnlyB: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Suppressed by both at the same moment. */
                                    same: number;
                                    /** @description Attempts that B would have spared and A made. */
                                    spared: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                };
                                value: string;
                            }[];
                            leftOut: number;
                            /** @description Versions: A is the policy in force, B the other. */
                            policies: {
                                a: string;
                                b: string;
                            };
                            /** @description Recipients that something was kept of. */
                            recipients: number;
                            /** @description What it comes to, in sentences. */
                            text: string[];
                            to: string | null;
                        } | null;
                        since: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: nobody runs it until it is asked for again; then it begins anew.
                         * @enum {string}
                         */
                        state: "waiting" | "running" | "stopped" | "done" | "failed";
                        tenant: string | null;
                        total: number | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The new job */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        by: string | null;
                        id: string;
                        key: string | null;
                        problem: string | null;
                        /** @description Records of the log that were read. */
                        records: number;
                        result: {
                            a: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            b: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            compared: {
                                /** @description Attempts that B would have made and A spared. */
                                added: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                earlier: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                later: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses that only A would have suppressed. */
                                onlyA: number;
                                onlyB: number;
                                regretOnlyA: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                regretOnlyB: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Suppressed by both at the same moment. */
                                same: number;
                                /** @description Attempts that B would have spared and A made. */
                                spared: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                            };
                            duplicates: number;
                            events: number;
                            from: string | null;
                            /** @description The same by reason, category, provider and tenant: 20 values of each at most. */
                            groups: {
                                a: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                b: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                /** @enum {string} */
                                by: "reason" | "category" | "provider" | "tenant";
                                compared: {
                                    /** @description Attempts that B would have made and A spared. */
                                    added: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    earlier: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    later: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses that only A would have suppressed. */
                                    onlyA: number;
                                    onlyB: number;
                                    regretOnlyA: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    regretOnlyB: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Suppressed by both at the same moment. */
                                    same: number;
                                    /** @description Attempts that B would have spared and A made. */
                                    spared: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                };
                                value: string;
                            }[];
                            leftOut: number;
                            /** @description Versions: A is the policy in force, B the other. */
                            policies: {
                                a: string;
                                b: string;
                            };
                            /** @description Recipients that something was kept of. */
                            recipients: number;
                            /** @description What it comes to, in sentences. */
                            text: string[];
                            to: string | null;
                        } | null;
                        since: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: nobody runs it until it is asked for again; then it begins anew.
                         * @enum {string}
                         */
                        state: "waiting" | "running" | "stopped" | "done" | "failed";
                        tenant: string | null;
                        total: number | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The operation exceeded its time limit. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is larger than the limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This operation does not accept this content type. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWhatIf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example wi_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        by: string | null;
                        id: string;
                        key: string | null;
                        problem: string | null;
                        /** @description Records of the log that were read. */
                        records: number;
                        result: {
                            a: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            b: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            compared: {
                                /** @description Attempts that B would have made and A spared. */
                                added: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                earlier: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                later: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses that only A would have suppressed. */
                                onlyA: number;
                                onlyB: number;
                                regretOnlyA: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                regretOnlyB: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Suppressed by both at the same moment. */
                                same: number;
                                /** @description Attempts that B would have spared and A made. */
                                spared: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                            };
                            duplicates: number;
                            events: number;
                            from: string | null;
                            /** @description The same by reason, category, provider and tenant: 20 values of each at most. */
                            groups: {
                                a: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                b: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                /** @enum {string} */
                                by: "reason" | "category" | "provider" | "tenant";
                                compared: {
                                    /** @description Attempts that B would have made and A spared. */
                                    added: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    earlier: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    later: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses that only A would have suppressed. */
                                    onlyA: number;
                                    onlyB: number;
                                    regretOnlyA: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    regretOnlyB: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Suppressed by both at the same moment. */
                                    same: number;
                                    /** @description Attempts that B would have spared and A made. */
                                    spared: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                };
                                value: string;
                            }[];
                            leftOut: number;
                            /** @description Versions: A is the policy in force, B the other. */
                            policies: {
                                a: string;
                                b: string;
                            };
                            /** @description Recipients that something was kept of. */
                            recipients: number;
                            /** @description What it comes to, in sentences. */
                            text: string[];
                            to: string | null;
                        } | null;
                        since: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: nobody runs it until it is asked for again; then it begins anew.
                         * @enum {string}
                         */
                        state: "waiting" | "running" | "stopped" | "done" | "failed";
                        tenant: string | null;
                        total: number | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopWhatIf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example wi_5f2c9a0b41d7e863aa190c4d */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stopped job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        by: string | null;
                        id: string;
                        key: string | null;
                        problem: string | null;
                        /** @description Records of the log that were read. */
                        records: number;
                        result: {
                            a: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            b: {
                                /** @description Attempts in vain that the policy would have made. */
                                attempts: number;
                                regret: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Addresses, for whatever reason. */
                                suppressed: number;
                                /** @description All attempts in vain. */
                                uselessAttempts: number;
                                waste: {
                                    high: number;
                                    low: number;
                                    share: number;
                                } | null;
                            };
                            compared: {
                                /** @description Attempts that B would have made and A spared. */
                                added: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                earlier: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses, and quantiles in hours. */
                                later: {
                                    count: number;
                                    p10: number | null;
                                    p50: number | null;
                                    p90: number | null;
                                };
                                /** @description Addresses that only A would have suppressed. */
                                onlyA: number;
                                onlyB: number;
                                regretOnlyA: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                regretOnlyB: {
                                    /** @description Suppressed for failures. */
                                    addresses: number;
                                    /** @description The share is about so many days. */
                                    days: number;
                                    /** @description Tried to the end of the 30 days, and took none. */
                                    followed: number;
                                    /** @description Took none so far, and the history ends before the 30 days do. */
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description Took mail within 30 days afterwards. */
                                    tookMail: number;
                                    /** @description Never tried again: nothing is known. */
                                    untried: number;
                                };
                                /** @description Suppressed by both at the same moment. */
                                same: number;
                                /** @description Attempts that B would have spared and A made. */
                                spared: {
                                    addresses: number;
                                    attempts: number;
                                    notYetKnown: number;
                                    share: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                    /** @description The address took no mail afterwards. */
                                    useless: number;
                                };
                            };
                            duplicates: number;
                            events: number;
                            from: string | null;
                            /** @description The same by reason, category, provider and tenant: 20 values of each at most. */
                            groups: {
                                a: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                b: {
                                    /** @description Attempts in vain that the policy would have made. */
                                    attempts: number;
                                    regret: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Addresses, for whatever reason. */
                                    suppressed: number;
                                    /** @description All attempts in vain. */
                                    uselessAttempts: number;
                                    waste: {
                                        high: number;
                                        low: number;
                                        share: number;
                                    } | null;
                                };
                                /** @enum {string} */
                                by: "reason" | "category" | "provider" | "tenant";
                                compared: {
                                    /** @description Attempts that B would have made and A spared. */
                                    added: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    earlier: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses, and quantiles in hours. */
                                    later: {
                                        count: number;
                                        p10: number | null;
                                        p50: number | null;
                                        p90: number | null;
                                    };
                                    /** @description Addresses that only A would have suppressed. */
                                    onlyA: number;
                                    onlyB: number;
                                    regretOnlyA: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    regretOnlyB: {
                                        /** @description Suppressed for failures. */
                                        addresses: number;
                                        /** @description The share is about so many days. */
                                        days: number;
                                        /** @description Tried to the end of the 30 days, and took none. */
                                        followed: number;
                                        /** @description Took none so far, and the history ends before the 30 days do. */
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description Took mail within 30 days afterwards. */
                                        tookMail: number;
                                        /** @description Never tried again: nothing is known. */
                                        untried: number;
                                    };
                                    /** @description Suppressed by both at the same moment. */
                                    same: number;
                                    /** @description Attempts that B would have spared and A made. */
                                    spared: {
                                        addresses: number;
                                        attempts: number;
                                        notYetKnown: number;
                                        share: {
                                            high: number;
                                            low: number;
                                            share: number;
                                        } | null;
                                        /** @description The address took no mail afterwards. */
                                        useless: number;
                                    };
                                };
                                value: string;
                            }[];
                            leftOut: number;
                            /** @description Versions: A is the policy in force, B the other. */
                            policies: {
                                a: string;
                                b: string;
                            };
                            /** @description Recipients that something was kept of. */
                            recipients: number;
                            /** @description What it comes to, in sentences. */
                            text: string[];
                            to: string | null;
                        } | null;
                        since: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        startedAt: string;
                        /**
                         * @description `stopped`: nobody runs it until it is asked for again; then it begins anew.
                         * @enum {string}
                         */
                        state: "waiting" | "running" | "stopped" | "done" | "failed";
                        tenant: string | null;
                        total: number | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-01T10:00:00.000Z
                         */
                        updatedAt: string;
                    };
                };
            };
            /** @description The request has mistakes: `errors` lists them. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A key is required, or this one is not known. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The key lacks the role or the tenant. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is nothing with this name, or nothing that this key may see. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A conflicting request was processed at the same time. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Without keys, the service answers only to names of this machine. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests: `Retry-After` says when to try again. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An internal error: find it in the service log by `instance`. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database or the log is unavailable: `Retry-After` says when to try again. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
