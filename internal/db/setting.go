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
func (k Knob) Of(ctx context.Context, tx *Tx) (int64, error) { return k.Ask(ctx, tx)(ctx) }

// Ask asks for the number in force together with other questions; the answer is taken later.
func (k Knob) Ask(ctx context.Context, tx *Tx) func(context.Context) (int64, error) {
	text := Ask[string](ctx, tx, `SELECT value FROM db_setting WHERE key = ?`, k.Key)
	return func(ctx context.Context) (int64, error) {
		v, _, err := text.Maybe(ctx)
		if err != nil {
			return k.Default, err
		}
		return k.read(v)
	}
}

// Knobs gives the numbers in force of several knobs, by key.
func Knobs(ctx context.Context, tx *Tx, knobs ...Knob) (map[string]int64, error) {
	asked := make([]func(context.Context) (int64, error), len(knobs))
	for i, k := range knobs {
		asked[i] = k.Ask(ctx, tx)
	}
	out := map[string]int64{}
	for i, k := range knobs {
		var err error
		if out[k.Key], err = asked[i](ctx); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (k Knob) read(text string) (int64, error) {
	if text == "" {
		return k.Default, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < k.Min || n > k.Max { // written by hand: the default is safe
		return k.Default, nil
	}
	return n, nil
}
