-- What each partition counts for contrast: a whole, then what came since, in order. Written with the checkpoint.
create table desist.contrast (
  partition integer not null,
  number bigint generated always as identity,
  body text not null,
  primary key (partition, number)
);
