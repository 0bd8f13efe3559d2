// Package demo makes the demo province: a year and more of believable work, all of it invented, entered through
// the use cases by invented officers, whose figures are those of a known press release to the last digit.
package demo

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"zhudian/internal/db"
)

// Clock is a clock that can be set: it stands still while the province is made, and runs on afterwards.
type Clock struct {
	at     atomic.Int64 // microseconds when standing
	offset atomic.Int64 // microseconds to add to the real clock when running
	runs   atomic.Bool
	wall   func() time.Time
}

// NewClock makes a clock over the real one.
func NewClock(wall func() time.Time) *Clock { return &Clock{wall: wall} }

// Now is the time the clock shows.
func (c *Clock) Now() time.Time {
	if c.runs.Load() {
		return c.wall().Add(time.Duration(c.offset.Load()) * time.Microsecond)
	}
	return time.UnixMicro(c.at.Load()).UTC()
}

// Set stops the clock at a time.
func (c *Clock) Set(t time.Time) {
	c.at.Store(t.UnixMicro())
	c.runs.Store(false)
}

// Run lets the clock run on from a time and gives the offset to the real clock, in microseconds.
func (c *Clock) Run(from time.Time) int64 {
	offset := from.Sub(c.wall()).Microseconds()
	c.Resume(offset)
	return offset
}

// Resume lets the clock run at an offset that was stored.
func (c *Clock) Resume(offset int64) {
	c.offset.Store(offset)
	c.runs.Store(true)
}

const offsetKey = "demo.clock_offset"

// SaveOffset keeps the offset with the data, so that serve and the commands show one time.
func SaveOffset(ctx context.Context, tx *db.Tx, offset int64) error {
	return db.SetSetting(ctx, tx, offsetKey, strconv.FormatInt(offset, 10))
}

// Offset reads the offset of a demo database; false when the data is not a demo's.
func Offset(ctx context.Context, tx *db.Tx) (int64, bool, error) {
	text, err := db.Setting(ctx, tx, offsetKey)
	if err != nil || text == "" {
		return 0, false, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil, err
}

// Opening is when the demo's clock starts: 2020-12-16 09:00 in Shanghai.
var Opening = time.Date(2020, 12, 16, 9, 0, 0, 0, db.Zone())
