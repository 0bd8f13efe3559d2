package db

import (
	"context"
	"strconv"
)

// Setting reads a setting of the installation; absent is "".
func Setting(ctx context.Context, tx *Tx, key string) (string, error) {
	v, _, err := Maybe[string](ctx, tx, `SELECT value FROM db_setting WHERE key = ?`, key)
	return v, err
}

// SetSetting writes a setting of the installation.
func SetSetting(ctx context.Context, tx *Tx, key, value string) error {
	_, err := Exec(ctx, tx, `INSERT INTO db_setting (key, value) VALUES (?, ?)
		ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}

// Knob is a setting that an administrator turns while the program runs. Text when it has no bounds.
type Knob struct {
	Key               string // of the setting and of its words
	Min, Max, Default int64
}

// Text reports whether the knob holds words rather than a number.
func (k Knob) Text() bool { return k.Max == 0 }

// Of gives the number in force.
func (k Knob) Of(ctx context.Context, tx *Tx) (int64, error) {
	text, err := Setting(ctx, tx, k.Key)
	if err != nil || text == "" {
		return k.Default, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < k.Min || n > k.Max { // written by hand: the default is safe
		return k.Default, nil
	}
	return n, nil
}
