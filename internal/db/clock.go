package db

import (
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// zone is where business dates live: China has one civil time and no summer time.
var zone = time.FixedZone("Asia/Shanghai", 8*3600)

// Zone is the time zone of business dates.
func Zone() *time.Location { return zone }

// Today gives the business date of an instant, YYYY-MM-DD.
func Today(t time.Time) string { return t.In(zone).Format(time.DateOnly) }

// Micros is how instants are stored: microseconds since 1970, UTC.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros reads a stored instant.
func FromMicros(us int64) time.Time { return time.UnixMicro(us).UTC() }

// idSource makes UUIDs of version 7 on a given clock: 48 bits of milliseconds, then a counter that keeps
// ids of one millisecond in order, then chance. google/uuid reads the machine's clock, ours must be the records'.
type idSource struct {
	mu   sync.Mutex
	rand io.Reader
	last int64
	seq  uint16
}

func (s *idSource) next(now time.Time) string {
	var b [16]byte
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.ReadFull(s.rand, b[8:]); err != nil {
		panic("db: no randomness: " + err.Error())
	}
	ms := max(now.UnixMilli(), s.last)
	s.seq++
	if ms > s.last {
		s.last, s.seq = ms, 0
	} else if s.seq > 0x0fff {
		ms++
		s.last, s.seq = ms, 0
	}
	binary.BigEndian.PutUint64(b[:8], uint64(ms)<<16) //nolint:gosec // 48 bits until the year 10889
	binary.BigEndian.PutUint16(b[6:8], 0x7000|s.seq)
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// DayStart is the instant at which a business date begins.
func DayStart(date string) (time.Time, error) { return time.ParseInLocation(time.DateOnly, date, zone) }

// Days is the instants of a span of business dates, both inclusive: from since on, before until.
func Days(from, through string) (since, until int64, err error) {
	first, err := DayStart(from)
	if err != nil {
		return 0, 0, err
	}
	last, err := DayStart(through)
	return Micros(first), Micros(last.AddDate(0, 0, 1)), err
}
