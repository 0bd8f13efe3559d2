package auth

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhudian/internal/db"
)

func knobs(o *Options) {
	o.Knobs = []db.Knob{{Key: "agency"}, SessionIdle, SessionStrict, SessionWhole, SessionMost}
}

func TestSettings_sessions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin := w.as("sysadmin")
		change := func(code string, pairs ...string) {
			t.Helper()
			values := map[string]string{}
			for i := 0; i < len(pairs); i += 2 {
				values[pairs[i]] = pairs[i+1]
			}
			_, err := w.ChangeSettings(admin, ChangeSettings{Values: values})
			want(t, err, code)
		}
		b := w.browser().mustSignIn("officer")
		w.pass(20 * time.Minute)
		if !b.in() {
			t.Error("signed out before 30 minutes")
		}
		change("", "session_idle", "10", "agency", "某局")
		w.pass(11 * time.Minute)
		if b.in() {
			t.Error("still in after 11 minutes of 10")
		}
		change("", "session_idle", "", "session_most", "1")
		first, second := w.browser().mustSignIn("officer"), w.browser().mustSignIn("officer")
		if first.in() || !second.in() {
			t.Error("one session at once is not held")
		}
		w.pass(29 * time.Minute)
		if !second.in() {
			t.Error("the default did not come back")
		}
		change("invalid", "session_idle", "1")
		change("invalid", "session_idle", "无")
		change("invalid", "nothing", "1")
		change("invalid", "agency", strings.Repeat("长", 61))
		_, err := w.ChangeSettings(w.as("secadmin"), ChangeSettings{Values: map[string]string{"agency": "x"}})
		want(t, err, "not_allowed")
		if n := w.noted("setting.change"); n != 4 {
			t.Errorf("%d changes noted, want 4", n)
		}
		err = w.DB.Read(admin, func(ctx context.Context, tx *db.Tx) error {
			name, err := db.Setting(ctx, tx, "agency")
			if name != "某局" {
				t.Errorf("agency %q", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}, knobs)
}
