-- Records below this offset may be unreadable in any number: an operator has let the partition go on.
alter table desist.checkpoint add column tolerated_below bigint not null default 0;
