package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"zhudian/internal/fault"
)

// asFault gives engine errors their kind, told by number and never by text. A fault stays itself.
func asFault(err error) error {
	if err == nil {
		return nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "cancelled", "操作被中断，请再试一次。", "The request was interrupted; try again.").Because(err)
	}
	switch kindOf(err) {
	case fault.Conflict:
		return fault.New(fault.Conflict, "exists", "已有相同的记录。", "Such a record exists already.").Because(err)
	case fault.Invalid:
		return fault.New(fault.Invalid, "rule_broken", "这些内容合在一起不成立，没有写入。", "These values break a rule of the records; nothing was stored.").Because(err)
	case fault.Unavailable:
		return fault.New(fault.Unavailable, "storage", "暂时写不进去（磁盘满或正忙），没有写入，请稍后再试。", "Storage is full or busy; nothing was stored. Try again later.").Because(err)
	default:
		return fault.Wrap(err, "sql")
	}
}

func kindOf(err error) fault.Kind {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return sqliteKind(lite.Code())
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return postgresKind(pg.Code)
	}
	var conn *pgconn.ConnectError
	if errors.As(err, &conn) {
		return fault.Unavailable
	}
	return fault.Internal
}

func sqliteKind(code int) fault.Kind {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fault.Conflict
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL, sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		return fault.Invalid
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR:
		return fault.Unavailable
	}
	return fault.Internal
}

func postgresKind(code string) fault.Kind {
	switch code {
	case "23505":
		return fault.Conflict
	case "23503", "23514", "23502", "P0001":
		return fault.Invalid
	}
	switch code[:2] {
	case "08", "53", "57", "40":
		return fault.Unavailable
	}
	return fault.Internal
}
