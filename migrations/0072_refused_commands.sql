-- A command that is kept and changes nothing, because there is nothing that it could change, says so.
alter table desist.command_outcome drop constraint command_outcome_outcome_check;
alter table desist.command_outcome add constraint command_outcome_outcome_check check (outcome in ('applied', 'dead_letter', 'refused'));
