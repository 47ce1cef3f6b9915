-- The whole database as it is today (user_version in store.go). Times are Unix
-- milliseconds UTC, 0 where there is none. Lists and maps are JSON.

-- Who is read: the configuration, and what the operator added to it by command.
CREATE TABLE source (
  id        TEXT PRIMARY KEY,
  position  INTEGER NOT NULL,           -- order in which the operator gave them
  title     TEXT NOT NULL,
  url       TEXT NOT NULL,
  language  TEXT NOT NULL,              -- a lock; '' for none
  takes_all INTEGER NOT NULL,           -- topics = "all"
  full_text INTEGER NOT NULL,
  boosts    INTEGER NOT NULL,
  configured INTEGER NOT NULL,          -- it stands in config.toml; else it was added by command
  decided   INTEGER NOT NULL,           -- takes_all as it was when what is stored was last decided
  state     TEXT NOT NULL,              -- what the operator wants: active, paused, removed
  locked    TEXT NOT NULL DEFAULT '',   -- a lock that the operator gave otherwise; it goes before language
  max_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What is kept out; fields as post.Block.
CREATE TABLE block (
  name   TEXT NOT NULL,
  source TEXT NOT NULL,
  since  INTEGER NOT NULL,
  PRIMARY KEY (name, source)
) STRICT, WITHOUT ROWID;

-- Who decided what; fields as people.Entry.
CREATE TABLE journal (
  seq     INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  name    TEXT NOT NULL,
  command INTEGER NOT NULL,
  deed    TEXT NOT NULL,
  about   TEXT NOT NULL,
  word    TEXT NOT NULL
) STRICT;

-- Who may decide on the pages; fields as people.Operator. What opens a door is
-- stored as a digest.
CREATE TABLE operator (
  name     TEXT PRIMARY KEY,
  added    INTEGER NOT NULL,
  seen     INTEGER NOT NULL,
  password TEXT NOT NULL,               -- argon2id; '' where none is set
  link     BLOB NOT NULL,               -- of the one-time link; x'' where there is none
  linked   INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  token    BLOB PRIMARY KEY,
  operator TEXT NOT NULL REFERENCES operator,
  began    INTEGER NOT NULL,
  until    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What members proposed; fields as people.Proposal.
CREATE TABLE proposal (
  row     INTEGER PRIMARY KEY,
  token   BLOB NOT NULL,                -- digest of what the private link holds
  url     TEXT NOT NULL,
  title   TEXT NOT NULL,
  site    TEXT NOT NULL,
  contact TEXT NOT NULL,
  sent    INTEGER NOT NULL,
  proof   TEXT NOT NULL,
  found   INTEGER NOT NULL,
  state   TEXT NOT NULL,
  decided INTEGER NOT NULL,
  reason  TEXT NOT NULL,
  source  TEXT NOT NULL,
  feed    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX proposal_token ON proposal(token);

-- What we remember of the last fetches of a source; fields as post.Visit.
CREATE TABLE visit (
  source        TEXT PRIMARY KEY REFERENCES source,
  host          TEXT NOT NULL,          -- of feed_url: what a host's wish to be left alone applies to
  feed_url      TEXT NOT NULL,
  given         TEXT NOT NULL,
  etag          TEXT NOT NULL,
  last_modified TEXT NOT NULL,
  body          BLOB NOT NULL,
  feed_title    TEXT NOT NULL,
  site_url      TEXT NOT NULL,
  status        INTEGER NOT NULL,
  checked       INTEGER NOT NULL,
  succeeded     INTEGER NOT NULL,
  changed       INTEGER NOT NULL,
  next          INTEGER NOT NULL,
  held          INTEGER NOT NULL,
  failures      INTEGER NOT NULL,
  conditional   INTEGER NOT NULL,
  interval      INTEGER NOT NULL,       -- milliseconds
  trouble       TEXT NOT NULL,
  notice        TEXT NOT NULL,
  reading       TEXT NOT NULL,
  gone          INTEGER NOT NULL,
  moved_to      TEXT NOT NULL,
  agreed        INTEGER NOT NULL,
  account       TEXT NOT NULL DEFAULT '',     -- JSON of post.Account; '' of what is no fediverse source
  posts         INTEGER NOT NULL DEFAULT 0,   -- stored of this source
  matched       INTEGER NOT NULL DEFAULT 0,   -- of those, on a topic
  site_host     TEXT NOT NULL DEFAULT ''      -- of site_url
) STRICT;
CREATE INDEX visit_host ON visit(host);
CREATE INDEX visit_site ON visit(site_host);

-- By what the entries of the document of a visit's body are known again: apart, since
-- most visits leave it as it is.
CREATE TABLE known (
  source  TEXT PRIMARY KEY REFERENCES source,
  entries BLOB NOT NULL
) STRICT;

-- Every post read, on topic or not; fields as post.Post. Nobody can write
-- another's: a post is (source, id, variant).
CREATE TABLE post (
  row           INTEGER PRIMARY KEY,
  source        TEXT NOT NULL REFERENCES source,
  id            TEXT NOT NULL,
  variant       INTEGER NOT NULL,
  digest        BLOB NOT NULL,          -- of the entry as read
  shown         BLOB NOT NULL,          -- of what an edition led by it shows
  story         INTEGER REFERENCES story,
  own           INTEGER NOT NULL,       -- post.OwnSite of the source and the url
  published     INTEGER NOT NULL,
  updated       INTEGER NOT NULL,
  first_seen    INTEGER NOT NULL,
  backfill      INTEGER NOT NULL,
  reply         INTEGER NOT NULL,
  note          INTEGER NOT NULL,
  talks         INTEGER NOT NULL DEFAULT 0,   -- it is a note about its story, and no part of an edition
  page_need     INTEGER NOT NULL,
  page_tries    INTEGER NOT NULL,
  withdrawn     INTEGER NOT NULL DEFAULT 0,   -- its source was purged: it is told no more
  language      TEXT NOT NULL,
  language_from TEXT NOT NULL,
  key           TEXT NOT NULL,          -- post.Key(url)
  url           TEXT NOT NULL,
  title         TEXT NOT NULL,
  more          TEXT NOT NULL,          -- authors, tags, enclosures, alternates, origin
  summary       TEXT NOT NULL,
  html          TEXT NOT NULL,          -- '' once purged
  page          TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX post_identity ON post(source, id, variant);
CREATE INDEX post_story ON post(story) WHERE story IS NOT NULL;
CREATE INDEX post_told ON post(key, own) WHERE story IS NOT NULL;
CREATE INDEX post_page ON post(source, row) WHERE page_need = 1;
CREATE INDEX post_source ON post(source);
CREATE INDEX post_purge ON post(first_seen) WHERE story IS NULL AND html <> '';

-- The posts of the fediverse, whose edits and deletions are followed.
CREATE TABLE followed (
  source TEXT NOT NULL REFERENCES source,
  post   INTEGER NOT NULL REFERENCES post,
  PRIMARY KEY (source, post)
) STRICT, WITHOUT ROWID;

-- Posts of people who are not listed, for a moderator to decide about: nothing of what they say.
CREATE TABLE waiting (
  source  TEXT NOT NULL REFERENCES source,
  id      TEXT NOT NULL,
  author  TEXT NOT NULL,
  url     TEXT NOT NULL,
  since   INTEGER NOT NULL,
  verdict TEXT NOT NULL,                -- '', approved, refused
  PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_url ON waiting(url);

-- 'instance-key': what our requests are signed with (PKCS #1, DER).
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;

-- What a post's twin may be found by: post.Post.Keys.
CREATE TABLE post_key (
  key  TEXT NOT NULL,
  post INTEGER NOT NULL REFERENCES post,
  PRIMARY KEY (key, post)
) STRICT, WITHOUT ROWID;

-- What posts say of pages, stored or not: post.Post.Claims.
CREATE TABLE claim (
  key      TEXT NOT NULL,
  reason   TEXT NOT NULL,
  post     INTEGER NOT NULL REFERENCES post,
  strength REAL NOT NULL,
  PRIMARY KEY (key, reason, post)
) STRICT, WITHOUT ROWID;

-- How near copies and translations of posts on topic are found, until some weeks
-- after they were first seen; fields as post.Print, post.Marks and post.Piece.
CREATE TABLE print (
  post   INTEGER PRIMARY KEY REFERENCES post,
  seen   INTEGER NOT NULL,
  date   INTEGER NOT NULL,
  site   TEXT NOT NULL,
  author TEXT NOT NULL,                 -- folded; '' for none that tells people apart
  length INTEGER NOT NULL,
  print  BLOB NOT NULL,
  marks  BLOB NOT NULL,
  keys   TEXT NOT NULL,                 -- JSON list: its print_key
  language TEXT NOT NULL DEFAULT ''     -- base
) STRICT;
CREATE INDEX print_seen ON print(seen);
CREATE INDEX print_site ON print(site, date, language);
CREATE INDEX print_author ON print(author, date, language, site) WHERE author <> '';

-- post.Piece.CopyKeys.
CREATE TABLE print_key (
  hash INTEGER NOT NULL,
  post INTEGER NOT NULL REFERENCES post,
  PRIMARY KEY (hash, post)
) STRICT, WITHOUT ROWID;

-- Which topics a post is on, and by which words. Topic '' is "everything of this source".
CREATE TABLE post_topic (
  post  INTEGER NOT NULL REFERENCES post,
  topic TEXT NOT NULL,
  by    TEXT NOT NULL,
  PRIMARY KEY (post, topic)
) STRICT, WITHOUT ROWID;

-- Why posts belong together, possibly or not at all, as post.Settle reads it: a < b,
-- but where the reason has a direction.
CREATE TABLE edge (
  a        INTEGER NOT NULL REFERENCES post,
  b        INTEGER NOT NULL REFERENCES post,
  reason   TEXT NOT NULL,
  strength REAL NOT NULL,
  PRIMARY KEY (a, b, reason)
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_b ON edge(b);

-- The edges that count as evidence: what a person split is told by its absence, and
-- a translation that was not declared is one where both say so.
CREATE VIEW tie AS SELECT a, b, reason, strength FROM edge e WHERE reason <> 'split'
  AND (reason <> 'marks' OR EXISTS (SELECT 1 FROM edge r WHERE r.a = e.b AND r.b = e.a AND r.reason = 'marks'));

CREATE TABLE story (
  row       INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,       -- part of its URL, minted once
  successor INTEGER REFERENCES story    -- the one that took it in, where its URL leads
) STRICT;
CREATE INDEX story_successor ON story(successor) WHERE successor IS NOT NULL;

-- A story in one language, as emitted; fields as post.Standing. Rows are never deleted.
CREATE TABLE edition (
  row       INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE,       -- urn:uuid:…, minted once
  story     INTEGER NOT NULL REFERENCES story,
  language  TEXT NOT NULL,
  lead      INTEGER NOT NULL REFERENCES post,
  main      INTEGER NOT NULL,
  sort      INTEGER NOT NULL,
  published INTEGER NOT NULL,
  updated   INTEGER NOT NULL,
  shown     BLOB NOT NULL,
  backfill  INTEGER NOT NULL,
  retracted TEXT NOT NULL,              -- why it is no longer shown; '' while it is
  seq       INTEGER NOT NULL            -- of its newest change
) STRICT;
CREATE INDEX edition_story ON edition(story);

-- Which editions stand in which feed, in the feed's order. List names: post.Query.List.
CREATE TABLE listing (
  list    TEXT NOT NULL,
  sort    INTEGER NOT NULL,
  edition INTEGER NOT NULL REFERENCES edition,
  PRIMARY KEY (list, sort, edition)
) STRICT, WITHOUT ROWID;
CREATE INDEX listing_edition ON listing(edition);

-- Which editions stood in which feed and no longer do: what their tombstones say there.
CREATE TABLE departure (
  edition INTEGER NOT NULL REFERENCES edition,
  list    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (edition, list)
) STRICT, WITHOUT ROWID;
CREATE INDEX departure_at ON departure(list, at);

-- The words of the editions that are shown, for search; rowid is the edition's row.
-- Stems, or words, stand there once each, folded (i18n.Terms), so that where they stand
-- needs no room. What is no ASCII belongs to a word.
CREATE VIRTUAL TABLE edition_text USING fts5(words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- What happened to editions, in order. seq grows with the clock, so that two
-- databases, one restored from the other's past, do not give the same numbers.
CREATE TABLE change (
  seq      INTEGER PRIMARY KEY,
  scope    TEXT NOT NULL,               -- '' of main editions, else a base language
  event    TEXT NOT NULL,               -- new, changed, retracted, returned
  edition  INTEGER NOT NULL REFERENCES edition,
  at       INTEGER NOT NULL,
  backfill INTEGER NOT NULL             -- of an edition that was there before its source (or its topic) was
) STRICT;
CREATE INDEX change_scope ON change(scope, seq);
CREATE INDEX change_news ON change(scope, seq) WHERE backfill = 0;
CREATE INDEX change_edition ON change(edition, seq);

-- The topics as they were when what is stored was last decided.
CREATE TABLE topic (
  id   TEXT PRIMARY KEY,
  rule TEXT NOT NULL                    -- JSON: {"hashtags": […], "phrases": […]}
) STRICT;

-- Single values. 'shown' counts the commits that changed what readers see.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES ('shown', 0);
