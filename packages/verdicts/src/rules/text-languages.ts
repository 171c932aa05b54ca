/**
 * Wordings of other languages that the rules of their meanings do not have, each after a public page in that language. They precede the rules
 * about the sender and the recipient, because they name what they are about.
 */
import type { Rule } from './rule.ts';

export const LANGUAGE_RULES: readonly Rule[] = [
  {
    name: 'text.greylisting_translated',
    category: 'greylisting',
    source:
      'https://www.getresponse.pl/pomoc/szara-lista-2.html (pl); http://www.hostland.ru/articles/greylisting (ru); https://umitturanli.com.tr/tag/gri-liste/ (tr); https://clientes.atlanticadigital.net/knowledgebase/328/What-is-Greylist-and-how-to-activate-or-deactivate-it.html (es); https://www.milbako.com/mbk/installer-le-serveur-de-messagerie-sur-ubuntu-20-04-lts-a-laide-de-postfix-dovecot-et-roundcube/ (fr); http://henanlong.com/c/102G2094322022.html (zh)',
    example: '451 4.7.1 Liste grise, veuillez réessayer plus tard',
    text: [
      'liste grise',
      'lista gris',
      'lista cinza|cinzenta',
      'lista grigia',
      'grijze lijst',
      'szara lista',
      'szarej liscie|liście',
      'серый|сірий список',
      'серого|сірого списка|списку',
      'серых|сірих списков|списків',
      'gri liste*',
      '灰名单',
      '灰名單',
      'グレイリスト',
      'グレーリスト',
      'グレイリスティング',
      '그레이리스트',
      '그레이리스팅',
    ],
    digit: 4,
  },
  {
    name: 'text.sender_address_translated',
    category: 'sender_rejected',
    source:
      'https://sare.pl/baza-wiedzy/2017/03/21/analiza-zwrotow/ (pl); https://learn.microsoft.com/tr-tr/exchange/mail-flow-best-practices/how-to-set-up-a-multifunction-device-or-application-to-send-email-using-microsoft-365-or-office-365 (tr); https://wiki.aspone.cz/wiki/index.php?title=Omezen%C3%AD_pro_emaily (cs)',
    example: '550 5.1.8 Adres nadawcy odrzucony: nie znaleziono domeny',
    text: [
      'adres* nadawcy',
      'nadawca|nadawcy ..3 odrzucon*|nieznany|nieprawidlowy|nieprawidłowy|niewlasciwy|niewłaściwy|zablokowan*',
      'niewlasciwy|niewłaściwy|nieprawidlowy|nieprawidłowy|nieznany adres nadawcy',
      'gonderen ..3 reddet*|gecersiz|engellen*',
      'gecersiz|gecersiz gonderen',
      'adresa|domena odesilatele',
      'odesilatel* ..3 odmitnut*|blokovan*|zablokovan*|neexistuje|neznamy',
      'afzenderadres|afzenderdomein',
      'afzender ..3 geweigerd|onbekend|ongeldig|geblokkeerd',
      'адрес* відправника',
      'відправник* ..3 відхилен*|заблокован*|невідом*',
    ],
    unless: ['odbiorc*|adresat*|prijemce*|ontvanger*|alici*|одержувач*|отримувач*'],
  },
  {
    name: 'text.rate_translated',
    category: 'rate_limited',
    source:
      'https://www.emailhost.com.cn/service.html?article_category=25&brd=1 (zh: the number of sent mails is over its limit); https://oliveit.tistory.com/39 (ko: too many connections)',
    example: '421 동일 IP에서 너무 많은 연결',
    text: [
      '发送 ..4 过多',
      '发信 ..4 超限',
      '发信 ..4 超过',
      '너무 많은 연결',
      '너무 많은 메일',
      '너무 많은 메시지',
      '너무 많은 요청',
      '연결 ..4 초과',
    ],
  },
];
