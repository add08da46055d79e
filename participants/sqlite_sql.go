package participants

import "fmt"

// The columns of a branch, in the order that scanBranch reads.
const branchColumns = "id,key,held,state,at,digest,decide_by,open_seq,code,reason,payload,detail"

// collectable are the rows of a stretch that finished before an open time and
// whose deadline is before a moment.
const collectable = " WHERE id BETWEEN ? AND ? AND state<>0 AND finished BETWEEN 0 AND ? AND decide_by<?"

// sql is the journal's SQL for SQLite.
//
// A branch's id is one integer: the number of its log in the table logs, times
// 2^40, plus its number in the log. So the rows of a log lie in the order in
// which they were made, which is all the index that collection needs. Texts
// are blobs, since the driver asks for the declared type of every text it
// reads. held is set if the branch holds its key, or closed it for ever; the
// partial indexes hold just those keys, and the few rows that are prepared.
// finished is the open time of the journal at which the row was committed or
// aborted, -1 before that and in rows of a build without it.
func (d *sqliteDB) sql() *statements {
	branch := "SELECT " + branchColumns + " FROM branches"
	from := " WHERE b.state=0 AND (l.name>?1 OR l.name=?1 AND b.id>=(l.id<<40)+?2)"
	listed := "SELECT l.name,b.id,b.key,b.held,b.state,b.at,b.reason,b.payload,b.detail FROM branches b JOIN logs l ON l.id=b.id>>40"
	return &statements{
		schema: []string{
			`CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
			`CREATE TABLE logs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)`,
			`CREATE TABLE branches (
				id INTEGER PRIMARY KEY, key BLOB NOT NULL, held INTEGER NOT NULL,
				state INTEGER NOT NULL, at INTEGER NOT NULL, digest BLOB NOT NULL,
				decide_by INTEGER NOT NULL, open_seq INTEGER NOT NULL,
				code BLOB, reason BLOB, payload BLOB, detail BLOB,
				finished INTEGER NOT NULL DEFAULT -1)`,
			`CREATE UNIQUE INDEX branches_key ON branches (key) WHERE held=1`,
			`CREATE INDEX branches_prepared ON branches (id) WHERE state=0`,
			`CREATE TABLE violations (log TEXT NOT NULL, n INTEGER NOT NULL, of TEXT NOT NULL,
				reason TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (log, n, of))`,
			fmt.Sprintf("PRAGMA application_id=%d", journalKind.ApplicationID),
			fmt.Sprintf("PRAGMA user_version=%d", schemaVersion),
		},
		begin:   "BEGIN IMMEDIATE",
		getMeta: "SELECT value FROM meta WHERE name=?",
		putMeta: "INSERT INTO meta (name,value) VALUES (?,?) ON CONFLICT DO UPDATE SET value=excluded.value",

		markReplaced: "INSERT INTO meta (name,value) SELECT '" + metaReplaced + "'||l.name,? FROM logs l " +
			"WHERE l.id IN (SELECT id>>40 FROM branches WHERE state=0) ON CONFLICT DO NOTHING",
		replaced: fmt.Sprintf("SELECT substr(name,%d),value FROM meta WHERE name>='%s' AND name<'%s'", len(metaReplaced)+1, metaReplaced, metaReplacedEnd),
		forgetReplaced: fmt.Sprintf("DELETE FROM meta WHERE name>='%s' AND name<'%s' AND substr(name,%d) NOT IN "+
			"(SELECT l.name FROM logs l WHERE l.id IN (SELECT id>>40 FROM branches WHERE state=0))", metaReplaced, metaReplacedEnd, len(metaReplaced)+1),

		greatestOpen: "SELECT max(open_seq) FROM branches WHERE state=0 AND id>>40 NOT IN " +
			"(SELECT l.id FROM logs l JOIN meta m ON m.name='" + metaReplaced + "'||l.name)",

		logs:    "SELECT id,name FROM logs",
		addLog:  "INSERT INTO logs (name) VALUES (?)",
		dropLog: "DELETE FROM logs WHERE id=?1 AND NOT EXISTS (SELECT 1 FROM branches WHERE id>=?1<<40 AND id<(?1+1)<<40)",

		view:    branch + " WHERE id=? UNION ALL " + branch + " WHERE key=? AND held=1",
		byID:    branch + " WHERE id=?",
		insert:  "INSERT INTO branches (" + branchColumns + ",finished) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
		commit:  "UPDATE branches SET state=1,at=?,finished=? WHERE id=? AND state=0",
		abort:   "UPDATE branches SET state=2,at=?,finished=?,held=?,code=?,reason=? WHERE id=? AND state=0",
		reclose: "UPDATE branches SET held=1,reason=? WHERE id=? AND state=2",

		prepared: branch + " WHERE state=0",

		addViolation:   "INSERT INTO violations (log,n,of,reason,at) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
		dropViolation:  "DELETE FROM violations WHERE log=? AND n=? AND of=?",
		trimViolations: "DELETE FROM violations WHERE rowid<=(SELECT max(rowid) FROM violations)-?",

		listID:         listed + " WHERE l.name=?1 AND b.id=(l.id<<40)+?2",
		listKey:        listed + " WHERE b.key=?1 AND b.held=1",
		listPrepared:   listed + " WHERE b.state=0 ORDER BY b.at LIMIT ?",
		countPrepared:  "SELECT count(*) FROM branches WHERE state=0",
		listViolations: "SELECT log,n,of,reason,at FROM violations ORDER BY rowid DESC LIMIT ?",

		listPreparedFrom:  listed + from + " ORDER BY l.name,b.id LIMIT ?3",
		countPreparedFrom: "SELECT count(*) FROM branches b JOIN logs l ON l.id=b.id>>40" + from,
		countViolations:   "SELECT count(*) FROM violations",

		hasFinished: "SELECT count(*) FROM pragma_table_info('branches') WHERE name='finished'",
		addFinished: "ALTER TABLE branches ADD COLUMN finished INTEGER NOT NULL DEFAULT -1",

		span:     "SELECT id,state,finished FROM branches WHERE id>=? ORDER BY id LIMIT ?",
		age:      "UPDATE branches SET finished=? WHERE id BETWEEN ? AND ? AND state<>0 AND finished<0",
		greatest: "SELECT max(decide_by) FROM branches" + collectable,
		collect:  "DELETE FROM branches" + collectable,
	}
}
