package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// How long a session lasts: minutes without a sign of life, less for those who verify or administer, hours in all;
// and how many an account may have at once.
var (
	SessionIdle   = db.Knob{Key: "session_idle", Min: 5, Max: 120, Default: 30}
	SessionStrict = db.Knob{Key: "session_strict", Min: 5, Max: 30, Default: 10}
	SessionWhole  = db.Knob{Key: "session_whole", Min: 1, Max: 24, Default: 12}
	SessionMost   = db.Knob{Key: "session_most", Min: 1, Max: 10, Default: 3}
)

// lifetimes of sessions, as they are in force.
type lifetimes struct {
	idle, strict, whole time.Duration
	most                int
}

func (l lifetimes) of(r row) time.Duration {
	if Strong(splitRoles(r.Roles)) {
		return l.strict
	}
	return l.idle
}

// lifetimes reads what is set; what is not stays as the service was made.
func (s *Service) lifetimes(ctx context.Context, tx *db.Tx) (lifetimes, error) {
	l := lifetimes{s.opt.Idle, s.opt.StrictIdle, s.opt.Absolute, s.opt.MaxSessions}
	type setting struct {
		Key   string `db:"key"`
		Value string `db:"value"`
	}
	rows, err := db.All[setting](ctx, tx, `SELECT key, value FROM db_setting WHERE key IN (?, ?, ?, ?)`, SessionIdle.Key, SessionStrict.Key, SessionWhole.Key, SessionMost.Key)
	for _, r := range rows {
		n, err := strconv.Atoi(r.Value)
		if err != nil || n < 1 {
			continue
		}
		switch r.Key {
		case SessionIdle.Key:
			l.idle = time.Duration(n) * time.Minute
		case SessionStrict.Key:
			l.strict = time.Duration(n) * time.Minute
		case SessionWhole.Key:
			l.whole = time.Duration(n) * time.Hour
		case SessionMost.Key:
			l.most = n
		}
	}
	return l, err
}

// Setting is one setting with its bounds; a text has none.
type Setting struct {
	Key     string `json:"key"`
	Value   string `json:"value" doc:"In force; empty for a text that is not set"`
	Default string `json:"default,omitempty"`
	Min     int64  `json:"min,omitempty"`
	Max     int64  `json:"max,omitempty"`
	Set     bool   `json:"set" doc:"Somebody set it; else the default is in force"`
}

// Settings of the installation, in their order.
type Settings struct {
	Items []Setting `json:"items"`
}

// Settings lists what may be set. Fault: not_allowed.
func (s *Service) Settings(ctx context.Context, _ struct{}) (out Settings, err error) {
	if _, err := audit.Require(ctx, "system.read"); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.settings(ctx, tx)
		return err
	})
	return out, err
}

func (s *Service) settings(ctx context.Context, tx *db.Tx) (Settings, error) {
	out := Settings{Items: []Setting{}}
	for _, k := range s.opt.Knobs {
		value, err := db.Setting(ctx, tx, k.Key)
		if err != nil {
			return out, err
		}
		x := Setting{Key: k.Key, Value: value, Min: k.Min, Max: k.Max, Set: value != ""}
		if !k.Text() {
			x.Default = strconv.FormatInt(k.Default, 10)
			x.Value = orElse(value, x.Default)
		}
		out.Items = append(out.Items, x)
	}
	return out, nil
}

// ChangeSettings names settings and their new values; an empty value takes the default back.
type ChangeSettings struct {
	Values map[string]string `json:"values" required:"true"`
}

// settingMax is the length of a text, in characters.
const settingMax = 60

// ChangeSettings changes settings, all of them or none; each change is noted with what was before. None touches a
// figure: those follow from the ledger alone. Faults: not_allowed, the values' own as values.KEY.
func (s *Service) ChangeSettings(ctx context.Context, in ChangeSettings) (out Settings, err error) {
	if _, err := audit.Require(ctx, "system.edit"); err != nil {
		return out, err
	}
	values, err := s.checkSettings(in)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			before, err := db.Setting(ctx, tx, key)
			if err != nil {
				return err
			}
			if before == values[key] {
				continue
			}
			if err := db.SetSetting(ctx, tx, key, values[key]); err != nil {
				return err
			}
			was, is := map[string]string{"value": before}, map[string]string{"value": values[key]}
			if err := audit.Note(ctx, tx, "setting.change", "setting/"+key, was, is); err != nil {
				return err
			}
		}
		out, err = s.settings(ctx, tx)
		return err
	})
	return out, err
}

func (s *Service) checkSettings(in ChangeSettings) (map[string]string, error) {
	var c fault.Checks
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(in.Values)) {
		field, value := "values."+key, strings.TrimSpace(in.Values[key])
		i := slices.IndexFunc(s.opt.Knobs, func(k db.Knob) bool { return k.Key == key })
		if i < 0 {
			c.Add(field, "unknown_setting", "没有这项设置。", "There is no such setting.")
			continue
		}
		k := s.opt.Knobs[i]
		switch {
		case k.Text():
			if at := invisibleAt(value); at > 0 {
				c.AddField(invisible(field, at, value))
			} else if utf8.RuneCountInString(value) > settingMax {
				c.Add(field, "length", fmt.Sprintf("最多 %d 个字符。", settingMax), fmt.Sprintf("At most %d characters.", settingMax))
			}
		case value != "":
			n, err := strconv.ParseInt(foldLetters(value), 10, 64)
			if err != nil || n < k.Min || n > k.Max {
				c.Add(field, "out_of_range", fmt.Sprintf("须是 %d 至 %d 的整数。", k.Min, k.Max), fmt.Sprintf("A whole number from %d to %d.", k.Min, k.Max))
				continue
			}
			value = strconv.FormatInt(n, 10)
			if n == k.Default {
				value = ""
			}
		}
		out[key] = value
	}
	return out, c.Err()
}
