-- The tables of one database. Every database (shard) has all of them; the directory (domains, addresses, keys, server
-- lists, dead letters) is used in the first only. What each column means stands in src/store/schema.ts.

create table domains (
  id integer primary key autoincrement,
  name text not null unique,
  providers text,
  created_at integer not null
);

create table addresses (
  id integer primary key autoincrement,
  address text not null unique,
  account_id integer not null,
  kind text not null,
  domain text not null,
  written text not null,
  target text,
  targets text,
  enabled integer not null default 1,
  created_at integer not null
);
create index addresses_domain on addresses (domain);
create index addresses_account on addresses (account_id);

create table api_keys (
  id integer primary key autoincrement,
  hash blob not null unique,
  account_id integer not null,
  address_id integer,
  name text not null,
  hint text not null,
  scopes text not null,
  limits text,
  created_at integer not null,
  last_used_at integer
);
create index api_keys_account on api_keys (account_id);

create table app_passwords (
  id integer primary key autoincrement,
  hash blob not null unique,
  account_id integer not null,
  name text not null,
  created_at integer not null,
  last_used_at integer
);
create index app_passwords_account on app_passwords (account_id);

create table suspensions (
  account_id integer primary key,
  created_at integer not null
);

create table dead_letters (
  id integer primary key autoincrement,
  queue text not null,
  subject text not null,
  body text not null,
  reason text not null,
  attempts integer not null,
  created_at integer not null,
  unique (queue, subject)
);

create table lists (
  account_id integer not null,
  key text not null,
  list text not null,
  note text,
  expires_at integer,
  created_at integer not null,
  primary key (account_id, key)
) without rowid;
create index lists_expires on lists (expires_at) where expires_at is not null;

create table audit (
  id integer primary key autoincrement,
  at integer not null,
  actor text not null,
  account_id integer,
  action text not null,
  target text,
  detail text not null,
  status integer,
  request_id text not null
);
create index audit_account on audit (account_id, id);

create table idempotency (
  account_id integer not null,
  key blob not null,
  request blob not null,
  status integer,
  headers text,
  body text,
  created_at integer not null,
  primary key (account_id, key)
) without rowid;
create index idempotency_created on idempotency (created_at);

create table submissions (
  id integer primary key autoincrement,
  account_id integer not null,
  address_id integer,
  kind text not null default 'mail',
  message integer,
  message_id text not null,
  source text,
  sender text not null,
  domain text not null,
  raw_key text not null unique,
  size integer not null,
  request blob,
  created_at integer not null,
  send_at integer not null,
  finished_at integer
);
create unique index submissions_request on submissions (account_id, request) where request is not null;
create index submissions_account on submissions (account_id, id);
create index submissions_open on submissions (account_id, id) where finished_at is null;
create index submissions_message_id on submissions (account_id, message_id);

create table submission_recipients (
  submission_id integer not null,
  n integer not null,
  address text not null,
  route text not null,
  status text not null,
  attempts integer not null default 0,
  next_at integer,
  provider text,
  call text,
  provider_id text,
  smtp integer,
  code text,
  detail text,
  dsn integer not null default 0,
  updated_at integer not null,
  primary key (submission_id, n)
) without rowid;
create index submission_recipients_due on submission_recipients (next_at) where next_at is not null;
create index submission_recipients_provider on submission_recipients (provider_id) where provider_id is not null;
create index submission_recipients_dsn on submission_recipients (submission_id) where dsn = 1;
create index submission_recipients_undecided on submission_recipients (updated_at) where status = 'unknown' and call is not null;

create table submission_events (
  submission_id integer not null,
  n integer not null,
  seq integer not null,
  at integer not null,
  status text not null,
  provider text,
  smtp integer,
  code text,
  detail text,
  primary key (submission_id, n, seq)
) without rowid;

create table suppressions (
  id integer primary key autoincrement,
  account_id integer not null,
  address text not null,
  reason text not null,
  detail text,
  submission_id integer,
  created_at integer not null,
  expires_at integer,
  unique (account_id, address)
);
create index suppressions_account on suppressions (account_id, id);
create index suppressions_reason on suppressions (account_id, reason, id);
create index suppressions_expires on suppressions (expires_at) where expires_at is not null;

create table mail_reports (
  message_id integer primary key,
  account_id integer not null,
  report text not null,
  due_at integer not null,
  attempts integer not null default 0
);
create index mail_reports_due on mail_reports (due_at);

create table sent_counts (
  account_id integer not null,
  key_id integer not null,
  minute integer not null,
  minute_messages integer not null,
  day integer not null,
  day_messages integer not null,
  day_recipients integer not null,
  primary key (account_id, key_id)
) without rowid;

create table drafts (
  id integer primary key autoincrement,
  account_id integer not null,
  address_id integer,
  message_id integer not null,
  version integer not null,
  created_at integer not null,
  updated_at integer not null,
  unique (account_id, message_id)
);
create index drafts_account on drafts (account_id, id);

create table templates (
  id integer primary key autoincrement,
  account_id integer not null,
  name text not null,
  subject text not null,
  text text,
  html text,
  version integer not null,
  created_at integer not null,
  updated_at integer not null,
  unique (account_id, name)
);

create table vacations (
  account_id integer primary key,
  enabled integer not null,
  starts_at integer,
  ends_at integer,
  days integer not null,
  subject text,
  text text,
  html text,
  version integer not null,
  updated_at integer not null
);

create table vacation_answers (
  account_id integer not null,
  sender text not null,
  answered_at integer not null,
  primary key (account_id, sender)
) without rowid;
create index vacation_answers_at on vacation_answers (answered_at);

create table dkim_keys (
  id integer primary key autoincrement,
  domain_id integer not null,
  selector text not null,
  algorithm text not null,
  private_key text not null,
  public_key text not null,
  state text not null,
  created_at integer not null,
  activated_at integer,
  retired_at integer,
  unique (domain_id, selector)
);

create table provider_tokens (
  provider text not null,
  token text not null,
  seen_at integer not null,
  primary key (provider, token)
) without rowid;
create index provider_tokens_seen on provider_tokens (seen_at);

create table state (
  key text primary key,
  value text not null
) without rowid;

create table accounts (
  id integer primary key,
  name text not null,
  modseq integer not null default 0,
  last_id integer not null,
  used_bytes integer not null default 0,
  quota_bytes integer,
  sending text,
  settings text not null default '{}',
  changes_floor integer not null default 0,
  model_generation integer not null default 0,
  created_at integer not null,
  suspended_at integer,
  deleted_at integer
);
create index accounts_deleted on accounts (id) where deleted_at is not null;

create table mailboxes (
  id integer primary key autoincrement,
  account_id integer not null,
  parent_id integer not null default 0,
  name text not null,
  role text,
  uid_validity integer not null,
  uid_next integer not null default 1,
  total integer not null default 0,
  unread integer not null default 0,
  deleted integer not null default 0,
  bytes integer not null default 0,
  threads integer not null default 0,
  unread_threads integer not null default 0,
  modseq integer not null,
  created_modseq integer not null,
  emptying text,
  unique (account_id, parent_id, name)
);
create unique index mailboxes_role on mailboxes (account_id, role) where role is not null;
create index mailboxes_emptying on mailboxes (id) where emptying is not null;

create table messages (
  id integer primary key,
  account_id integer not null,
  modseq integer not null,
  created_modseq integer not null,
  thread_id integer not null,
  dedupe blob,
  raw_key text not null unique,
  received_at integer not null,
  size integer not null,
  flags integer not null default 0,
  keywords text not null default '[]',
  has_attachment integer not null,
  address_id integer,
  recipient text,
  return_path text,
  message_id text,
  from_addr text not null,
  from_name text not null,
  to_text text not null,
  subject text not null,
  preview text not null,
  sent_at integer,
  score real,
  verdict text,
  taught text,
  taught_in integer,
  placed text not null,
  headers text not null,
  headers_complete integer not null,
  envelope text not null,
  structure text not null,
  attachments text not null,
  spam_report text,
  auth text not null,
  defects text not null
);
create index messages_modseq on messages (account_id, modseq);
create unique index messages_dedupe on messages (account_id, dedupe) where dedupe is not null;
create index messages_thread on messages (thread_id);

create table placements (
  mailbox_id integer not null,
  message_id integer not null,
  uid integer not null,
  unread integer not null,
  flagged integer not null,
  deleted integer not null default 0,
  thread_id integer not null,
  primary key (mailbox_id, message_id)
) without rowid;
create unique index placements_uid on placements (mailbox_id, uid);
create index placements_thread on placements (mailbox_id, thread_id, message_id);
create index placements_unread on placements (mailbox_id, message_id) where unread = 1;
create index placements_flagged on placements (mailbox_id, message_id) where flagged = 1;

create table uid_pages (
  mailbox_id integer not null,
  page integer not null,
  n integer not null,
  live text not null,
  primary key (mailbox_id, page)
) without rowid;

-- A page without a live UID is of no use to anybody: it deletes itself.
create trigger uid_pages_empty after update on uid_pages when new.n = 0 begin
  delete from uid_pages where mailbox_id = new.mailbox_id and page = new.page;
end;

create table thread_refs (
  account_id integer not null,
  ref integer not null,
  thread_id integer not null,
  primary key (account_id, ref)
) without rowid;

create table thread_placements (
  mailbox_id integer not null,
  thread_id integer not null,
  n integer not null,
  unread integer not null,
  newest integer not null,
  primary key (mailbox_id, thread_id)
) without rowid;
create index thread_placements_newest on thread_placements (mailbox_id, newest);

-- A conversation without a message in the mailbox is not in the mailbox: it deletes itself.
create trigger thread_placements_empty after update on thread_placements when new.n = 0 begin
  delete from thread_placements where mailbox_id = new.mailbox_id and thread_id = new.thread_id;
end;

create table tombstones (
  account_id integer not null,
  kind text not null,
  modseq integer not null,
  object_id integer not null,
  address_id integer,
  buried_at integer not null,
  primary key (account_id, kind, modseq, object_id)
) without rowid;

create table vanished (
  account_id integer not null,
  mailbox_id integer not null,
  modseq integer not null,
  uids text not null,
  buried_at integer not null,
  primary key (account_id, mailbox_id, modseq)
) without rowid;

create table outbox (
  account_id integer not null,
  modseq integer not null,
  n integer not null default 0,
  at integer not null default (unixepoch()),
  event text not null,
  primary key (account_id, modseq, n)
) without rowid;

create table events (
  account_id integer not null,
  modseq integer not null,
  n integer not null,
  at integer not null,
  event text not null,
  primary key (account_id, modseq, n)
) without rowid;
create index events_at on events (at);

create table webhooks (
  id integer primary key autoincrement,
  account_id integer not null,
  url text not null,
  description text,
  events text not null,
  origin text not null,
  secrets text not null,
  enabled integer not null default 1,
  disabled_reason text,
  failing_since integer,
  due_at integer,
  claimed_until integer not null default 0,
  version integer not null,
  created_at integer not null,
  updated_at integer not null
);
create index webhooks_account on webhooks (account_id, id);
create index webhooks_due on webhooks (due_at) where due_at is not null;

create table webhook_deliveries (
  id integer primary key autoincrement,
  account_id integer not null,
  webhook_id integer not null,
  kind text not null,
  modseq integer not null,
  n integer not null,
  event text not null,
  event_at integer not null,
  status text not null,
  attempts integer not null default 0,
  next_at integer,
  response_status integer,
  detail text,
  created_at integer not null,
  updated_at integer not null
);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_at) where next_at is not null;
create index webhook_deliveries_webhook on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_created on webhook_deliveries (created_at);

create table raw_deletes (
  raw_key text primary key
) without rowid;

create table raw_deleted (
  raw_key text primary key
) without rowid;

create table senders (
  account_id integer not null,
  key text not null,
  seen integer not null default 0,
  ham integer not null default 0,
  spam integer not null default 0,
  implicit integer not null default 0,
  written integer not null default 0,
  last_at integer not null,
  primary key (account_id, key)
) without rowid;

create table spam_models (
  account_id integer primary key,
  version integer not null,
  ham integer not null,
  spam integer not null,
  looked_at integer not null default 0,
  weights text not null,
  counts text not null,
  stats text not null,
  buffer text not null
);

create table lessons (
  account_id integer not null,
  message_id integer not null,
  opinion text not null,
  attempts integer not null default 0,
  due_at integer not null,
  created_at integer not null,
  primary key (account_id, message_id)
) without rowid;
create index lessons_due on lessons (due_at);

create table withheld (
  id integer primary key autoincrement,
  account_id integer not null,
  kind text not null,
  raw_key text not null unique,
  dedupe blob not null,
  received_at integer not null,
  size integer not null,
  address_id integer,
  recipient text,
  return_path text,
  from_addr text not null,
  from_name text not null,
  to_text text not null,
  subject text not null,
  preview text not null,
  score real not null,
  reason text not null,
  envelope text not null,
  structure text not null,
  attachments text not null,
  spam_report text not null,
  auth text not null,
  defects text not null,
  created_at integer not null
);
create unique index withheld_dedupe on withheld (account_id, kind, dedupe);
create index withheld_account on withheld (account_id, id);
create index withheld_quarantine on withheld (account_id, id) where kind = 'quarantine';
create index withheld_address on withheld (account_id, address_id, id);
create index withheld_created on withheld (created_at);

create table digests (
  account_id integer primary key,
  told_id integer not null,
  told_at integer not null,
  due_at integer
);
create index digests_due on digests (due_at) where due_at is not null;

create virtual table ft using fts5 (
  subject, sender, recipients, body, attachments,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2',
  prefix = '2 3'
);
