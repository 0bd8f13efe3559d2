package db

import (
	"database/sql"
	"time"
)

// Pool is how busy one pool of connections is.
type Pool struct {
	Name              string // write, read, or all on PostgreSQL
	Open, InUse, Idle int
	Waits             int64 // how often somebody had to wait for a connection
	Waited            time.Duration
	Queued            int // writes that wait for the one connection that writes; SQLite only
}

// Pools tells how busy the connections are.
func (d *DB) Pools() []Pool {
	of := func(name string, p *sql.DB) Pool {
		s := p.Stats()
		return Pool{Name: name, Open: s.OpenConnections, InUse: s.InUse, Idle: s.Idle, Waits: s.WaitCount, Waited: s.WaitDuration}
	}
	if d.engine == Postgres {
		s := d.pg.Stat()
		return []Pool{{
			Name: "all", Open: int(s.TotalConns()), InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()),
			Waits: s.EmptyAcquireCount(), Waited: s.EmptyAcquireWaitTime(),
		}}
	}
	out := []Pool{of("read", d.readers)}
	if d.writer != nil {
		w := of("write", d.writer.pool)
		w.Queued = len(d.writer.queue)
		out = append(out, w)
	}
	return out
}
