package sqlite

import (
	"fmt"

	"parley/participants/driver"
)

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
func (*journal) SQL() *driver.Statements {
	branch := "SELECT " + branchColumns + " FROM branches"
	from := " WHERE b.state=0 AND (l.name>?1 OR l.name=?1 AND b.id>=(l.id<<40)+?2)"
	listed := "SELECT l.name,b.id,b.key,b.held,b.state,b.at,b.reason,b.payload,b.detail FROM branches b JOIN logs l ON l.id=b.id>>40"
	return &driver.Statements{
		Schema: []string{
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
			fmt.Sprintf("PRAGMA application_id=%d", kind.ApplicationID),
			fmt.Sprintf("PRAGMA user_version=%d", driver.SchemaVersion),
		},
		GetMeta: "SELECT value FROM meta WHERE name=?",
		PutMeta: "INSERT INTO meta (name,value) VALUES (?,?) ON CONFLICT DO UPDATE SET value=excluded.value",

		MarkReplaced: "INSERT INTO meta (name,value) SELECT '" + driver.MetaReplaced + "'||l.name,? FROM logs l " +
			"WHERE l.id IN (SELECT id>>40 FROM branches WHERE state=0) ON CONFLICT DO NOTHING",
		Replaced: fmt.Sprintf("SELECT substr(name,%d),value FROM meta WHERE name>='%s' AND name<'%s'", len(driver.MetaReplaced)+1, driver.MetaReplaced, driver.MetaReplacedEnd),
		ForgetReplaced: fmt.Sprintf("DELETE FROM meta WHERE name>='%s' AND name<'%s' AND substr(name,%d) NOT IN "+
			"(SELECT l.name FROM logs l WHERE l.id IN (SELECT id>>40 FROM branches WHERE state=0))", driver.MetaReplaced, driver.MetaReplacedEnd, len(driver.MetaReplaced)+1),

		GreatestOpen: "SELECT max(open_seq) FROM branches WHERE state=0 AND id>>40 NOT IN " +
			"(SELECT l.id FROM logs l JOIN meta m ON m.name='" + driver.MetaReplaced + "'||l.name)",

		Logs:    "SELECT id,name FROM logs",
		AddLog:  "INSERT INTO logs (name) VALUES (?)",
		DropLog: "DELETE FROM logs WHERE id=?1 AND NOT EXISTS (SELECT 1 FROM branches WHERE id>=?1<<40 AND id<(?1+1)<<40)",

		View:    branch + " WHERE id=? UNION ALL " + branch + " WHERE key=? AND held=1",
		ByID:    branch + " WHERE id=?",
		Insert:  "INSERT INTO branches (" + branchColumns + ",finished) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
		Commit:  "UPDATE branches SET state=1,at=?,finished=? WHERE id=? AND state=0",
		Abort:   "UPDATE branches SET state=2,at=?,finished=?,held=?,code=?,reason=? WHERE id=? AND state=0",
		Reclose: "UPDATE branches SET held=1,reason=? WHERE id=? AND state=2",

		Prepared: branch + " WHERE state=0",

		AddViolation:   "INSERT INTO violations (log,n,of,reason,at) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
		DropViolation:  "DELETE FROM violations WHERE log=? AND n=? AND of=?",
		TrimViolations: "DELETE FROM violations WHERE rowid<=(SELECT max(rowid) FROM violations)-?",

		ListID:         listed + " WHERE l.name=?1 AND b.id=(l.id<<40)+?2",
		ListKey:        listed + " WHERE b.key=?1 AND b.held=1",
		ListPrepared:   listed + " WHERE b.state=0 ORDER BY b.at LIMIT ?",
		CountPrepared:  "SELECT count(*) FROM branches WHERE state=0",
		ListViolations: "SELECT log,n,of,reason,at FROM violations ORDER BY rowid DESC LIMIT ?",

		ListPreparedFrom:  listed + from + " ORDER BY l.name,b.id LIMIT ?3",
		CountPreparedFrom: "SELECT count(*) FROM branches b JOIN logs l ON l.id=b.id>>40" + from,
		CountViolations:   "SELECT count(*) FROM violations",

		HasFinished: "SELECT count(*) FROM pragma_table_info('branches') WHERE name='finished'",
		AddFinished: "ALTER TABLE branches ADD COLUMN finished INTEGER NOT NULL DEFAULT -1",

		Span:     "SELECT id,state,finished FROM branches WHERE id>=? ORDER BY id LIMIT ?",
		Age:      "UPDATE branches SET finished=? WHERE id BETWEEN ? AND ? AND state<>0 AND finished<0",
		Greatest: "SELECT max(decide_by) FROM branches" + collectable,
		Collect:  "DELETE FROM branches" + collectable,
	}
}
