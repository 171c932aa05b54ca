-- What the recipients are spread over. The number of partitions never changes: a recipient's row belongs to one partition.
create table desist.input (
  single boolean primary key default true check (single),
  topic text not null,
  partitions integer not null check (partitions > 0),
  bound_at timestamptz not null default now()
);
