-- A database as version 1 of the schema kept it: that schema, frozen, and a little
-- of everything in it. TestMigrate brings it up to date.

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
  state     TEXT NOT NULL               -- what the operator wants: active, paused, removed
) STRICT;

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
  matched       INTEGER NOT NULL DEFAULT 0    -- of those, on a topic
) STRICT;
CREATE INDEX visit_host ON visit(host);

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
  keys   TEXT NOT NULL                  -- JSON list: its print_key
) STRICT;
CREATE INDEX print_seen ON print(seen);
CREATE INDEX print_site ON print(site, date);
CREATE INDEX print_author ON print(author, date) WHERE author <> '';

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
  row INTEGER PRIMARY KEY,
  id  TEXT NOT NULL UNIQUE              -- part of its URL, minted once
) STRICT;

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
-- Diacritics are folded; stems are those of the edition's language (i18n.Stems).
CREATE VIRTUAL TABLE edition_text USING fts5(title, text, stems, content = '', contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2');

-- What happened to editions, in order. seq grows with the clock, so that two
-- databases, one restored from the other's past, do not give the same numbers.
CREATE TABLE change (
  seq      INTEGER PRIMARY KEY,
  scope    TEXT NOT NULL,               -- '' of main editions, else a base language
  event    TEXT NOT NULL,               -- new, changed, retracted
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

INSERT INTO source VALUES('a',0,'','https://a.example/feed','',0,0,0,1,0,'active');
INSERT INTO source VALUES('b',1,'','https://b.example/feed','',0,0,0,1,0,'paused');
INSERT INTO visit VALUES('a','a.example','','https://a.example/feed','','',X'','','',0,1795435320000,0,0,1795438920000,0,0,0,0,'','','',0,'',0,'',2,1);
INSERT INTO visit VALUES('b','b.example','','https://b.example/feed','','',X'','','',0,1795435260000,0,0,1795438860000,0,0,0,0,'','','',0,'',0,'',2,2);
INSERT INTO post VALUES(1,'a','1',0,X'9d817560f0e9822710c74ba9d1e24018',X'9d817560f0e9822710c74ba9d1e24018',1,2,1795431600000,0,1795435200000,0,0,0,0,0,0,0,'nl','','https://a.example/1','https://a.example/1','Title of 1','','','<p>1 says that the open web is ours to keep, and that we had better begin today.</p><p>An edit.</p>','');
INSERT INTO post VALUES(2,'a','off',0,X'33dbb6d470a3142225b60925bb6ad28a',X'33dbb6d470a3142225b60925bb6ad28a',NULL,2,1795431600000,0,1795435200000,0,0,0,0,0,0,0,'nl','','https://a.example/off','https://a.example/off','Title of off','','','<p>off says that the open web is ours to keep, and that we had better begin today.</p>','');
INSERT INTO post VALUES(3,'b','tag:b.example,2026:2',0,X'126726229403c46b48e5256ee77c3a59',X'3b2036ab28c75e748165186d48d162a0',2,2,1795431600000,0,1795435200000,0,0,0,0,0,0,0,'en','','https://b.example/2','https://b.example/2','Ünïcode, O''Brien','','','<p>The open web belongs to everyone, and today is a good day to begin with it.</p>','');
INSERT INTO post VALUES(4,'b','elsewhere',0,X'94d9c92962acabcca8f194bfc779e298',X'94d9c92962acabcca8f194bfc779e298',1,0,1795431600000,0,1795435200000,0,0,0,0,0,0,0,'nl','','https://a.example/1','https://a.example/1','Title of elsewhere','','','<p>elsewhere says that the open web is ours to keep, and that we had better begin today.</p>','');
INSERT INTO post_key VALUES('https://a.example/1',1);
INSERT INTO post_key VALUES('https://a.example/1',4);
INSERT INTO post_key VALUES('https://a.example/off',2);
INSERT INTO post_key VALUES('https://b.example/2',3);
INSERT INTO print VALUES(1,1795435200000,1795431600000,'a.example','',86,X'067debad0c62bfe92af2292b348a97a035db6ac6432ced8c76c0301f84c894439c95315ea13fb3b5b62b4fcbccfa0297cde7c0c0d7e6ad50dc8f942df21f171cf4fa4947',X'00000000','null');
INSERT INTO print VALUES(3,1795435200000,1795431600000,'b.example','',75,X'03008e29227733d22a0ee05635ef84eb38a6c9ae432ced8c55af0650560fe4a76cf761ad72fd9d49bab39dcad7509b4bd878bd70e6ea56a8',X'00000001041aaf8d','null');
INSERT INTO print VALUES(4,1795435200000,1795431600000,'a.example','',85,X'067debad2af2292b348a97a035db6ac6432ced8c7290e59b76c0301f84c894439c95315ea13fb3b5b62b4fcbccfa0297d7e6ad50dc8f942df4fa4947',X'00000000','null');
INSERT INTO post_topic VALUES(1,'mssa','hashtag in content: #x');
INSERT INTO post_topic VALUES(3,'mssa','hashtag in content: #x');
INSERT INTO post_topic VALUES(4,'mssa','hashtag in content: #x');
INSERT INTO edge VALUES(1,4,'same-url',1.0);
INSERT INTO story VALUES(1,'aefhgbh6ujqb6ng3');
INSERT INTO story VALUES(2,'zn3ukwca3vcywnym');
INSERT INTO edition VALUES(1,'urn:uuid:d20a00e7-3330-40bf-8082-5f8ddef60ccb',1,'nl',1,1,1795431600000,1795431600000,1795435320000,X'9d817560f0e9822710c74ba9d1e24018',0,'',1795435320000001);
INSERT INTO edition VALUES(2,'urn:uuid:97becd07-50a5-4f27-9b15-8a8c0a13cd38',2,'en',3,0,1795431600000,1795431600000,1795435380000,X'3b2036ab28c75e748165186d48d162a0',0,'taken-down',1795435380000001);
INSERT INTO listing VALUES('',1795431600000,1);
INSERT INTO listing VALUES('nl',1795431600000,1);
INSERT INTO listing VALUES('nl/topic/mssa',1795431600000,1);
INSERT INTO listing VALUES('source/a',1795431600000,1);
INSERT INTO listing VALUES('source/b',1795431600000,1);
INSERT INTO listing VALUES('topic/mssa',1795431600000,1);
INSERT INTO departure VALUES(2,'',1795435380000);
INSERT INTO departure VALUES(2,'en',1795435380000);
INSERT INTO departure VALUES(2,'en/topic/mssa',1795435380000);
INSERT INTO departure VALUES(2,'source/b',1795435380000);
INSERT INTO departure VALUES(2,'topic/mssa',1795435380000);
INSERT INTO change VALUES(1795435200000000,'','new',1,1795435200000,0);
INSERT INTO change VALUES(1795435200000001,'nl','new',1,1795435200000,0);
INSERT INTO change VALUES(1795435260000000,'','new',2,1795435260000,0);
INSERT INTO change VALUES(1795435260000001,'en','new',2,1795435260000,0);
INSERT INTO change VALUES(1795435320000000,'','changed',1,1795435320000,0);
INSERT INTO change VALUES(1795435320000001,'nl','changed',1,1795435320000,0);
INSERT INTO change VALUES(1795435380000000,'','retracted',2,1795435380000,0);
INSERT INTO change VALUES(1795435380000001,'en','retracted',2,1795435380000,0);
UPDATE meta SET value = 5 WHERE name = 'shown';

INSERT INTO edition_text (rowid, title, text, stems) VALUES (1, 'Title of 1', '1 says that the open web is ours to keep, and that we had better begin today. An edit.', '');
PRAGMA user_version = 1;
PRAGMA application_id = 1936486256;
