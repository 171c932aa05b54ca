-- The policies that are and were in force, so that all engines fold under the same one, whatever their files say.
create table desist.policy (
  -- From 1; each is in force until the next one is.
  revision bigint primary key,
  -- The hash of the values, and that of the shadow policy; null: none.
  version text not null,
  shadow_version text,
  -- The texts of the files. Null: no file, that is the defaults; no shadow policy.
  file text,
  shadow_file text,
  -- ms
  since bigint not null,
  -- Who put it in force, as far as that is known.
  by text
);

-- Rises with each change, so that whoever knows the policy asks for a number. 0: none was put in force yet.
create table desist.policy_revision (
  single boolean primary key default true check (single),
  revision bigint not null
);
insert into desist.policy_revision (revision) values (0);
