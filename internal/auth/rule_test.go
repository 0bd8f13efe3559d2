package auth

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhudian/internal/db"
	"zhudian/internal/fault"
)

func TestTable_whole(t *testing.T) {
	seen := map[string]bool{}
	for _, line := range table {
		if seen[line.permission] {
			t.Errorf("%s stands twice", line.permission)
		}
		seen[line.permission] = true
		for _, r := range strings.Fields(line.roles) {
			if !slices.Contains(Roles, Role(r)) {
				t.Errorf("%s names the role %q, which there is not", line.permission, r)
			}
		}
	}
	for _, p := range strong {
		if !seen[p] {
			t.Errorf("strong names %q, which there is not", p)
		}
	}
	for _, r := range Roles {
		if !May([]Role{r}, Self) {
			t.Errorf("%s may not see to their own account", r)
		}
	}
}

// TestTable_administrators: the three see no business data, and no two of them can do each other's work.
func TestTable_administrators(t *testing.T) {
	business := []string{"company.", "contact.", "visit.", "tour.", "project.", "funds.", "claim.", "evidence.", "figures.", "ledger.read", "bulletin."}
	for _, p := range Permissions() {
		var who []Role
		for _, r := range Administrators {
			if May([]Role{r}, p) {
				who = append(who, r)
			}
		}
		for _, b := range business {
			if strings.HasPrefix(p, b) && len(who) > 0 {
				t.Errorf("%v may %s", who, p)
			}
		}
	}
	for p, only := range map[string]Role{"user.grant": SecAdmin, "user.create": SysAdmin, "user.reset": SysAdmin, "audit.read": Auditor} {
		for _, r := range Roles {
			if May([]Role{r}, p) != (r == only) {
				t.Errorf("%s of %s is %v", p, r, r != only)
			}
		}
	}
}

// TestTable_levels: no one role stands at two levels of a route.
func TestTable_levels(t *testing.T) {
	routes := [][]string{
		{"visit.create", "claim.review.field", "claim.recognise.field"},
		{"funds.create", "claim.review.project", "claim.recognise.project"},
	}
	for _, levels := range routes {
		for _, r := range Roles {
			if May([]Role{r}, levels[1]) && May([]Role{r}, levels[2]) {
				t.Errorf("%s reviews and recognises", r)
			}
		}
	}
	for _, r := range []Role{Province, City, County, Captain, Branch, SysAdmin, SecAdmin, Auditor} {
		if !Strong([]Role{r}) {
			t.Errorf("%s needs no second factor", r)
		}
	}
	if Strong([]Role{Officer, Editor, ServiceDesk}) {
		t.Error("officers, editors and service need none by rule")
	}
}

func TestLogin_rules(t *testing.T) {
	for _, c := range []struct{ in, want, code string }{
		{"Officer01", "officer01", ""},
		{"ｏｆｆｉｃｅｒ", "officer", ""},
		{"张三", "张三", ""},
		{"zhang.san@tongren", "zhang.san@tongren", ""},
		{"ａｄｍｉｎ", "", "reserved"},
		{"Root", "", "reserved"},
		{"张三\u200b", "", "invisible"},
		{"\u202eofficer", "", "invisible"},
		{"off\u00adicer", "", "invisible"},
		{"off\ticer", "", "invisible"},
		{"\u3164\u3164\u3164", "", "invisible"},
		{"оfficer", "", "bad_character"}, // the first letter is Cyrillic
		{"admin'--", "", "bad_character"},
		{"a b", "", "bad_character"},
		{"x", "", "length"},
		{"", "", "length"},
		{strings.Repeat("长", 65), "", "length"},
	} {
		var f fault.Checks
		got := checkLogin(&f, c.in)
		if c.code == "" && (f.Err() != nil || got != c.want) {
			t.Errorf("%q: %q, %v", c.in, got, f.Err())
		}
		if c.code != "" && !fault.Has(f.Err(), c.code) {
			t.Errorf("%q: want %s, got %v", c.in, c.code, f.Err())
		}
	}
	var f fault.Checks
	checkLogin(&f, "张三\u200b")
	if x := fault.Of(f.Err()).Fields[0]; !strings.Contains(x.Words.ZH, "第 3 个") || x.Fix != "张三" {
		t.Errorf("the third character is named and its removal offered: %+v", x)
	}
}

func TestName_rules(t *testing.T) {
	for _, c := range []struct{ in, want, code string }{
		{"李明", "李明", ""},
		{" 李　明 ", "李 明", ""},
		{"买买提·吐尔逊", "买买提·吐尔逊", ""},
		{"Ｌｉ　Ｍｉｎｇ", "Li Ming", ""},
		{"李（明）", "李（明）", ""},
		{"e\u0301mile", "émile", ""},
		{"李\u2060明", "", "invisible"},
		{"李\ufe0f", "", "invisible"},
		{"", "", "required"},
		{strings.Repeat("名", 61), "", "length"},
	} {
		var f fault.Checks
		got := checkName(&f, "name", c.in)
		if c.code == "" && (f.Err() != nil || got != c.want) {
			t.Errorf("%q: %q, %v", c.in, got, f.Err())
		}
		if c.code != "" && !fault.Has(f.Err(), c.code) {
			t.Errorf("%q: want %s, got %v", c.in, c.code, f.Err())
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("ａｄｍｉｎ")
	f.Fuzz(func(t *testing.T, s string) {
		var c fault.Checks
		if got := checkLogin(&c, s); c.Err() == nil && fold(got) != fold(s) {
			t.Errorf("%q is kept as %q, which folds differently", s, got)
		}
	})
}

func TestPassword_rules(t *testing.T) {
	for _, c := range []struct{ in, code string }{
		{"correct horse battery", ""},
		{"贵州的山我都认得就是记不住", ""},
		{" 留着 空格 的 十二个 字符 ", ""},
		{"short-11-ch", "length"},
		{strings.Repeat("长", 64) + "句子也可以abc", ""},
		{strings.Repeat("a1b2c3", 40), "length"},
		{"888888888888", "common"},
		{"Guizhou123456", "common"},
		{"ａｂｃｄ１２３４５６７８", "common"},
		{"abababababab", "common"},
		{"my-officer01-pw", "contains_login"},
		{"bad\xffutf8-long-enough", "length"},
	} {
		var f fault.Checks
		checkPassword(&f, "password", c.in, "officer01")
		if c.code == "" && f.Err() != nil || c.code != "" && !fault.Has(f.Err(), c.code) {
			t.Errorf("%q: want %q, got %v", c.in, c.code, f.Err())
		}
	}
}

func TestCost_hash(t *testing.T) {
	hash := cheap.hash("correct horse battery")
	if ok, stale := cheap.matches(hash, "correct horse battery"); !ok || stale {
		t.Error("the right password does not match its hash")
	}
	if ok, _ := cheap.matches(hash, "correct horse batterY"); ok {
		t.Error("a wrong password matches")
	}
	if other := cheap.hash("correct horse battery"); other == hash {
		t.Error("two hashes share their salt")
	}
	if ok, stale := Standard.matches(hash, "correct horse battery"); !ok || !stale {
		t.Error("a cheaper hash must match and be stale")
	}
	if !strings.HasPrefix(Standard.hash("x"), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error("the standard cost is not 19 MiB, 2 passes, 1 thread")
	}
	for _, bad := range []string{"", noPassword, "$argon2id$", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=0,p=1$AAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"} {
		if ok, _ := cheap.matches(bad, ""); ok {
			t.Errorf("%q matches", bad)
		}
	}
}

// TestCode_vectors are those of RFC 6238, cut to six digits.
func TestCode_vectors(t *testing.T) {
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := codeAt([]byte("12345678901234567890"), stepAt(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestLockedUntil_window(t *testing.T) {
	at := func(minutes ...float64) []int64 {
		var out []int64
		for _, m := range minutes {
			out = append(out, db.Micros(noon.Add(time.Duration(m*float64(time.Minute)))))
		}
		slices.Reverse(out)
		return out
	}
	for _, c := range []struct {
		name   string
		tries  []int64
		now    float64
		locked bool
	}{
		{"four", at(0, 1, 2, 3), 3, false},
		{"five", at(0, 1, 2, 3, 4), 4, true},
		{"five, almost over", at(0, 1, 2, 3, 4), 18.99, true},
		{"five, over", at(0, 1, 2, 3, 4), 19, false},
		{"five in just 15 minutes", at(0, 4, 8, 12, 15), 15, true},
		{"five in more", at(0, 4, 8, 12, 15.1), 15.1, false},
	} {
		if _, got := lockedUntil(c.tries, noon.Add(time.Duration(c.now*float64(time.Minute)))); got != c.locked {
			t.Errorf("%s: locked is %v", c.name, got)
		}
	}
}

func TestLoadKey_file(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	key, err := LoadKey(path)
	if err != nil || len(key) != KeyLen {
		t.Fatal(len(key), err)
	}
	again, err := LoadKey(path)
	if err != nil || !slices.Equal(key, again) {
		t.Fatal("the key is not kept", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the key: %v %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(path); !fault.Has(err, "bad_key") {
		t.Errorf("a broken key is taken: %v", err)
	}
}

// TestActor_needs: who must do something first may do nothing else, even where no guard stands.
func TestActor_needs(t *testing.T) {
	r := row{stored: stored{Roles: "officer"}}
	if a := actorOf(r, "web", ""); !a.May("visit.create") || a.May("user.grant") {
		t.Error("an officer may not do an officer's work, or more")
	}
	if a := actorOf(r, "web", "change_password"); a.May("visit.create") || !a.May(Self) {
		t.Error("with a password to change they may do more than that")
	}
}
