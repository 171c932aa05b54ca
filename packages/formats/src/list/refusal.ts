/**
 * What may help: name the column of addresses; say which of several it is; name columns that exist; name the format; name the column of
 * addresses if every row is meant all the same; send the file as delivery events. Whoever asks has the words for it.
 */
export type Remedy = 'name_addresses' | 'choose_addresses' | 'choose_columns' | 'choose_format' | 'take_every_row' | 'send_events' | 'none';

/** The file is no suppression list, or could be several. `message`: what is wrong, in words. */
export class ListRefusal extends Error {
  readonly remedy: Remedy;

  constructor(problem: string, remedy: Remedy) {
    super(problem);
    this.name = 'ListRefusal';
    this.remedy = remedy;
  }
}
