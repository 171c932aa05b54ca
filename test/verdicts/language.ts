/** The language of a reply, as far as its letters and commonest words tell: for figures by language, not for verdicts. */

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\u3040-\u30ff]/],
  ['ko', /[\uac00-\ud7a3]/],
  ['zh', /[\u4e00-\u9fff]/],
  ['uk', /[іїєґ]/i],
  ['ru', /[а-я]/i],
];

/** Words that mail servers write in this language, and in no other of the list. */
const WORDS: readonly (readonly [string, RegExp])[] = [
  ['de', /\b(?:nicht|ist|wurde|empf(?:ä|ae|a)nger|benutzer|postfach|unbekannt|konto|versand|nachricht|speicherplatz|gesperrt)\b/i],
  ['fr', /\b(?:destinataire|bo(?:î|i)te|adresse d|utilisateur|veuillez|envoi|compte|inconnu|pleine|refus(?:é|e)e?|emetteur|domaine)\b/i],
  ['pt', /\b(?:n(?:ã|a)o|caixa|conta|endere(?:ç|c)o|usu(?:á|a)rio|mensagens?|envio de e-?mails|cheia)\b/i],
  ['es', /\b(?:el|buz(?:ó|o)n|cuenta|casilla|usuario|correo|env(?:í|i)o|direcci(?:ó|o)n|dominio|dispositivo)\b/i],
  ['it', /\b(?:casella|utente|indirizzo|destinatario|invio|spazio|messaggio|siamo|mittente|non esiste)\b/i],
  ['nl', /\b(?:gebruiker|ontvanger|geblokkeerd|postvak|bericht|bestaat|probeer|verzenden|ruimte)\b/i],
  ['pl', /\b(?:skrzynka|konto jest|u(?:ż|z)ytkownik|odbiorcy?|nie|wiadomo(?:ś|s)(?:ć|c)|adres nie|wysy(?:ł|l)anie|miejsca)\b/i],
  ['cs', /\b(?:schr(?:á|a)nka|u(?:ž|z)ivatel|neexistuje|zpr(?:á|a)va|p(?:ř|r)(?:í|i)jemce|odes(?:í|i)l(?:á|a)n(?:í|i)|zkuste)\b/i],
  ['tr', /\b(?:kullan(?:ı|i)c(?:ı|i)|hesap|hesab(?:ı|i)|posta|kutusu|l(?:ü|u)tfen|yer|g(?:ö|o)nderimi)\b/i],
];

export function languageOf(text: string): string {
  return [...SCRIPTS, ...WORDS].find(([, words]) => words.test(text))?.[0] ?? 'en';
}
