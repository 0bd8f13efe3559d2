package db

import "context"

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
