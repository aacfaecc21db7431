-- The cloud's tables. docs/cloud/data.md documents every one, its keys and its state changes.
-- Times are milliseconds since 1970, UTC. Of every token only its SHA-256 is kept, hexadecimal.

CREATE TABLE owners (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  -- Set when the person asked for everything to be deleted; the purge removes the row last.
  deleted_at INTEGER,
  -- Where to tell that a job has ended; null for nowhere. The secret signs what is sent there.
  webhook_url TEXT,
  webhook_secret TEXT
) STRICT;

-- What a person or a program shows to be an owner: the cookie, a recovery code, a refresh token of an API client.
CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('cookie', 'recovery', 'api')),
  label TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_owner ON sessions (owner_id, kind);

CREATE TABLE passkeys (
  credential_id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  -- COSE key, base64url.
  public_key TEXT NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL DEFAULT '[]',
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX passkeys_by_owner ON passkeys (owner_id);

-- Accounts elsewhere that lead to an owner.
CREATE TABLE identities (
  provider TEXT NOT NULL CHECK (provider IN ('github', 'google')),
  subject TEXT NOT NULL,
  owner_id TEXT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (provider, subject)
) STRICT;
CREATE INDEX identities_by_owner ON identities (owner_id);

-- One-time values of a sign-in under way: WebAuthn challenges, OAuth states with their PKCE verifier.
CREATE TABLE challenges (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  owner_id TEXT,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES owners (id),
  name TEXT NOT NULL,
  -- active: photos and models may be there; deleted: nothing may be read any more, the purge removes what is left.
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'deleted')),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- Days the photos are kept after the last change; 0: they go as soon as a job of the project has completed.
  photos_keep_days INTEGER NOT NULL,
  photos_deleted_at INTEGER
) STRICT;
CREATE INDEX projects_by_owner ON projects (owner_id, status, created_at);

CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  owner_id TEXT NOT NULL,
  preset TEXT NOT NULL,
  -- open -> complete | expired | removed. Only a complete upload can be processed.
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'complete', 'expired', 'removed')),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_by_status ON uploads (status, expires_at);
CREATE INDEX uploads_by_project ON uploads (project_id);

CREATE TABLE photos (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  -- SHA-256 of the bytes, hexadecimal.
  sha256 TEXT NOT NULL,
  owner_id TEXT NOT NULL,
  -- The person's order, by which the trainer names them 000001.jpg and so on.
  position INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  type TEXT NOT NULL,
  width_px INTEGER,
  height_px INTEGER,
  -- waiting: announced; stored: its bytes are under object_key, checked.
  status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'stored')),
  -- projects/{id}/photos/{sha256}; of another project of the same owner when the bytes were there already.
  object_key TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (project_id, sha256)
) STRICT;
CREATE INDEX photos_by_owner_hash ON photos (owner_id, sha256, status);
CREATE INDEX photos_by_object ON photos (object_key);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  owner_id TEXT NOT NULL,
  upload_id TEXT NOT NULL,
  preset TEXT NOT NULL,
  -- policy/jobMachine.ts says which change may follow which.
  state TEXT NOT NULL CHECK (state IN (
    'queued', 'submitting', 'submitted', 'claimed', 'solving', 'training', 'exporting',
    'completed', 'failed', 'cancelled', 'expired')),
  -- Counts the starts at a provider; a call that names another attempt is stale.
  attempt INTEGER NOT NULL DEFAULT 1,
  -- Why an attempt after the first was made; limits are per reason (policy/retryPolicy.ts).
  lost_count INTEGER NOT NULL DEFAULT 0,
  photos INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  provider TEXT,
  gpu_class TEXT,
  -- 1: on capacity that may be taken away, which is cheaper.
  spot INTEGER NOT NULL DEFAULT 0,
  external_id TEXT,
  -- Providers that refused or lost an earlier attempt, as JSON; the next attempt goes elsewhere where it can.
  tried_providers TEXT NOT NULL DEFAULT '[]',
  -- SHA-256 of the token in the webhook address of the attempt, hexadecimal.
  webhook_hash TEXT,
  -- Who holds the claim of this attempt, as the trainer named itself.
  holder TEXT,
  lease_until INTEGER,
  -- Not before this is the job submitted again.
  not_before INTEGER NOT NULL DEFAULT 0,
  submitted_at INTEGER,
  started_at INTEGER,
  -- Over at the latest; then it is cancelled at the provider and failed.
  deadline_at INTEGER NOT NULL,
  -- Copies of what the room knows, written on every stage and every few seconds.
  stage TEXT,
  progress TEXT,
  -- Highest sequence number of the trainer's events taken in this attempt.
  trainer_seq INTEGER NOT NULL DEFAULT 0,
  cancel_asked_at INTEGER,
  model_id TEXT,
  -- A Failure as JSON; set when failed or expired.
  failure TEXT,
  -- What is really the matter, for the operator; the person sees `failure`.
  error TEXT,
  metrics TEXT,
  gpu_seconds_reserved INTEGER NOT NULL DEFAULT 0,
  gpu_seconds INTEGER,
  cost_micros INTEGER,
  retry_of TEXT,
  -- Where the trainer finds the API: the origin under which the job was ordered.
  api_base TEXT NOT NULL,
  request_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, not_before);
CREATE INDEX jobs_by_owner ON jobs (owner_id, state, created_at);
CREATE INDEX jobs_by_project ON jobs (project_id);
CREATE INDEX jobs_by_external ON jobs (provider, external_id);
CREATE INDEX jobs_by_finished ON jobs (finished_at);
CREATE INDEX jobs_unsettled ON jobs (finished_at) WHERE gpu_seconds_reserved > 0;

CREATE TABLE models (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  owner_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  -- pending: the attempt is under way; ready: complete and checked. Only ready ones are served.
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'ready')),
  created_at INTEGER NOT NULL,
  UNIQUE (job_id, attempt)
) STRICT;
CREATE INDEX models_by_project ON models (project_id, status);

-- Files of an attempt: models/{model_id}.{kind} for what is served, models/{model_id}/{kind} for what only the trainer reads.
CREATE TABLE model_files (
  model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  object_key TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'stored')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (model_id, kind)
) STRICT;

-- Messages that a queue must get: written with the change that causes them, in one batch.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  job_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  body TEXT NOT NULL,
  not_before INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;
CREATE INDEX outbox_unsent ON outbox (sent_at, not_before);
CREATE INDEX outbox_by_job ON outbox (job_id, attempt);

CREATE TABLE dead_letters (
  id TEXT PRIMARY KEY,
  job_id TEXT,
  attempt INTEGER,
  body TEXT NOT NULL,
  error TEXT NOT NULL,
  deliveries INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'replayed', 'discarded')),
  created_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;
CREATE INDEX dead_letters_by_status ON dead_letters (status, created_at);

CREATE TABLE idempotency_keys (
  owner_id TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  -- Null while the first request is under way.
  status INTEGER,
  response TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (owner_id, key)
) STRICT;
CREATE INDEX idempotency_by_expiry ON idempotency_keys (expires_at);

CREATE TABLE shares (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  owner_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('view', 'download')),
  title TEXT NOT NULL,
  -- PBKDF2, as policy/password.ts writes it; null for no password.
  password_hash TEXT,
  expires_at INTEGER,
  revoked_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX shares_by_project ON shares (project_id);

CREATE TABLE push_subscriptions (
  id TEXT PRIMARY KEY,
  owner_id TEXT NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
  endpoint TEXT NOT NULL UNIQUE,
  p256dh TEXT NOT NULL,
  auth TEXT NOT NULL,
  locale TEXT NOT NULL DEFAULT 'en',
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX push_by_owner ON push_subscriptions (owner_id);

-- What has to be told to somebody when a job has ended: a push message or the owner's webhook.
CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('push', 'webhook')),
  owner_id TEXT NOT NULL,
  job_id TEXT NOT NULL,
  -- push_subscriptions.id, or the address.
  target TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'delivered', 'given-up')),
  tries INTEGER NOT NULL DEFAULT 0,
  last_status INTEGER,
  last_error TEXT,
  not_before INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (kind, job_id, target)
) STRICT;
CREATE INDEX deliveries_open ON deliveries (status, not_before);
CREATE INDEX deliveries_by_owner ON deliveries (owner_id, created_at);

-- Webhooks of providers that were taken in, so that a repeated one is known.
CREATE TABLE provider_events (
  provider TEXT NOT NULL,
  event_id TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (provider, event_id)
) STRICT;

-- Rented machines of the pull model, so that none is forgotten and billed for ever.
CREATE TABLE instances (
  id TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  external_id TEXT NOT NULL,
  gpu_class TEXT NOT NULL,
  spot INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'starting' CHECK (status IN ('starting', 'running', 'stopping', 'gone')),
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  idle_since INTEGER
) STRICT;
CREATE INDEX instances_by_status ON instances (provider, status);

CREATE TABLE breakers (
  provider TEXT PRIMARY KEY,
  failures INTEGER NOT NULL DEFAULT 0,
  opened_at INTEGER,
  -- A single try goes through while the breaker is half open; who has it and until when.
  trial_until INTEGER,
  last_error TEXT
) STRICT;

-- GPU-seconds and money, counted exactly: what jobs under way have reserved and what ended ones have used. One row a day, UTC.
CREATE TABLE budget_days (
  day TEXT PRIMARY KEY,
  reserved_seconds INTEGER NOT NULL DEFAULT 0,
  used_seconds INTEGER NOT NULL DEFAULT 0,
  cost_micros INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The same counters as the Analytics Engine points, for where there is none.
CREATE TABLE counters (
  day TEXT NOT NULL,
  name TEXT NOT NULL,
  label TEXT NOT NULL DEFAULT '',
  count INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, name, label)
) STRICT;

-- Things that the operator can turn while it runs: the kill switch; and the alert marks.
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- Deletions under way: nothing is forgotten when a Worker ends in the middle.
CREATE TABLE purges (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('owner', 'project', 'photos', 'job')),
  target TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done')),
  tries INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  created_at INTEGER NOT NULL,
  done_at INTEGER,
  UNIQUE (kind, target)
) STRICT;
CREATE INDEX purges_open ON purges (status, created_at);
