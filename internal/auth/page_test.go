package auth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// post sends a form as a browser without JavaScript does; where is the address it is sent to.
func (b *browser) post(path string, values ...string) (status int, where, body string) {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Add(values[i], values[i+1])
	}
	r := httptest.NewRequestWithContext(b.w.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

func (b *browser) get(path string) (status int, where, body string) {
	b.w.t.Helper()
	return b.send(httptest.NewRequestWithContext(b.w.t.Context(), http.MethodGet, path, nil))
}

func (b *browser) send(r *http.Request) (status int, where, body string) {
	r.Header.Set("Origin", "http://example.com")
	r.Header.Set("Accept", "text/html")
	r.RemoteAddr = b.from
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: cookiePlain, Value: b.cookie})
	}
	rec := httptest.NewRecorder()
	b.w.mux.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if c.Name == cookiePlain {
			b.cookie = c.Value
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
				b.w.t.Errorf("the session cookie is %s", c)
			}
		}
	}
	return rec.Code, rec.Header().Get("Location"), rec.Body.String()
}

func TestLogin_next(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for next, want := range map[string]string{
			"": "/", "/": "/", "/projects?stage=signed": "/projects?stage=signed", "//evil.example/": "/", `/\evil.example`: "/",
			"https://evil.example": "/", "javascript:alert(1)": "/", "/%2F/evil.example": "/", "\t//evil.example": "/", "/a\r\nSet-Cookie: x": "/",
		} {
			status, where, body := w.browser().post("/login", "login", "officer", "password", password, "next", next)
			if status != 303 || where != want {
				t.Errorf("next=%q leads to %q (%d) %.200s", next, where, status, body)
			}
			b := w.browser().mustSignIn("officer")
			if status, where, _ := b.get("/login?next=" + url.QueryEscape(next)); status != 303 || where != want {
				t.Errorf("signed in, next=%q leads to %q (%d)", next, where, status)
			}
		}
	})
}

func TestLogin_page(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		if status, _, body := b.get("/login"); status != 200 || !strings.Contains(body, `autocomplete="current-password"`) {
			t.Error(status, body)
		}
		status, _, body := b.post("/login", "login", `county"><script>`, "password", "se cret", "next", "/x")
		if status != 401 || !strings.Contains(body, "再错 4 次") || strings.Contains(body, "se cret") || strings.Contains(body, "<script>alert") ||
			!strings.Contains(body, `name="next" value="/x"`) || strings.Contains(body, `"><script>`) {
			t.Error(status, body)
		}
		if status, where, _ := b.get("/account"); status != 303 || where != "/login?next=%2Faccount" {
			t.Errorf("a stranger is led to %s (%d)", where, status)
		}
		if status, where, _ := b.post("/login", "login", "county", "password", password); status != 303 || where != "/" || !b.in() {
			t.Errorf("the right password leads to %s (%d)", where, status)
		}
		if status, where, _ := b.post("/logout"); status != 303 || where != "/login" || b.in() {
			t.Errorf("signing out leads to %s (%d)", where, status)
		}
	})
}

var ticketField = regexp.MustCompile(`name="ticket" value="([^"]+)"`)

func TestLogin_twoSteps(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secret, _ := w.enrol("county")
		b := w.browser()
		first := func() string {
			status, _, body := b.post("/login", "login", "county", "password", password, "next", "/verify")
			found := ticketField.FindStringSubmatch(body)
			if status != 200 || found == nil || b.cookie != "" {
				t.Fatalf("%d %s", status, body)
			}
			return found[1]
		}
		ticket := first()
		if status, _, body := b.post("/login/code", "ticket", ticket, "code", "000000", "next", "/verify"); status != 401 || !strings.Contains(body, "验证码不对") || b.cookie != "" {
			t.Errorf("a wrong code: %d %s", status, body)
		}
		for _, bad := range []string{"", "x", ticket[:len(ticket)-2], strings.Repeat("A", 80)} {
			if status, _, _ := b.post("/login/code", "ticket", bad, "code", w.phone(secret, 0)); status != 401 || b.cookie != "" {
				t.Errorf("a made-up ticket is %d", status)
			}
		}
		if status, where, _ := b.post("/login/code", "ticket", ticket, "code", w.phone(secret, 0), "next", "/verify"); status != 303 || where != "/verify" || !b.in() {
			t.Errorf("the right code leads to %s (%d)", where, status)
		}
		b.cookie = ""
		ticket = first()
		w.pass(ticketLife)
		if status, _, body := b.post("/login/code", "ticket", ticket, "code", w.phone(secret, 0)); status != 401 || !strings.Contains(body, "等得太久") {
			t.Errorf("an old ticket: %d %s", status, body)
		}
		ticket = first()
		if _, err := w.Reset(w.as("sysadmin"), AccountID{"county"}); err != nil {
			t.Fatal(err)
		}
		if status, _, _ := b.post("/login/code", "ticket", ticket, "code", w.phone(secret, 0)); status != 401 || b.cookie != "" {
			t.Errorf("a ticket from before the reset is %d", status)
		}
	})
}

func TestAccount_page(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser().mustSignIn("officer")
		if status, _, body := b.get("/account"); status != 200 || !strings.Contains(body, "某officer") || !strings.Contains(body, "驻点队员") {
			t.Error(status, body)
		}
		if status, _, body := b.post("/account/password", "_login", "officer", "old", password, "new", "short"); status != 422 || !strings.Contains(body, "12 至 200") {
			t.Error(status, body)
		}
		if status, where, body := b.post("/account/password", "old", password, "new", "a sentence to remember"); status != 303 || where != "/account" || !b.in() {
			t.Error(status, where, body)
		}
		if status, _, body := b.post("/account/tokens", "name", "导出脚本", "days", "0"); status != 201 && status != 200 || !strings.Contains(body, "zd_") {
			t.Error(status, body)
		}
		if status, _, body := b.post("/account/tokens", "name", "", "days", "400"); status != 422 || !strings.Contains(body, "1 至 366 天") {
			t.Error(status, body)
		}
		if status, where, _ := b.post("/account/factor"); status != 303 || where != "/account/factor" {
			t.Error(status, where)
		}
		status, _, body := b.get("/account/factor")
		if status != 200 || !strings.Contains(body, "data:image/png;base64,") {
			t.Error(status, body)
		}
		secret := regexp.MustCompile(`data-copy="([A-Z2-7]{32})"`).FindStringSubmatch(body)[1]
		if status, _, body := b.post("/account/factor/confirm", "code", "000000"); status != 422 || !strings.Contains(body, secret) {
			t.Errorf("a wrong first code must show the same secret again: %d", status)
		}
		if status, _, body := b.post("/account/factor/confirm", "code", w.phone(secret, 0)); status != 200 || strings.Count(body, "data-copy") != recoveryCodes {
			t.Error(status, body)
		}
		w.pass(time.Minute)
		if status, where, _ := b.post("/account/factor/drop", "code", w.phone(secret, 0)); status != 303 || where != "/account" {
			t.Error(status, where)
		}
	})
}

func TestUsers_pages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sys, sec := w.browser().mustSignIn("sysadmin"), w.browser().mustSignIn("secadmin")
		if status, _, body := sys.get("/admin/users?role=officer"); status != 200 || !strings.Contains(body, "某officer") || strings.Contains(body, "某county") {
			t.Error(status, body)
		}
		if status, _, _ := sys.get("/admin/users?sort=x"); status != 400 {
			t.Errorf("an unknown filter is %d", status)
		}
		if status, _, body := sys.post("/admin/users", "login", "张三\u200b", "name", "张三", "unit", "520602", "node", ""); status != 422 || !strings.Contains(body, "第 3 个字符看不见") {
			t.Error(status, body)
		}
		status, _, body := sys.post("/admin/users", "login", "zhangsan", "name", "张三", "unit", "520602", "node", "")
		secret := regexp.MustCompile(`data-copy="([a-z2-7-]{23})"`).FindStringSubmatch(body)
		if status != 200 || secret == nil {
			t.Fatal(status, body)
		}
		id := w.account("zhangsan").ID
		if status, _, _ := sys.post("/admin/users/"+id+"/grant", "unit", "520602", "roles", "officer"); status != 403 {
			t.Errorf("the system administrator grants: %d", status)
		}
		if status, _, body := sec.get("/admin/users/" + id); status != 200 || !strings.Contains(body, "授予") || strings.Contains(body, "重置密码") {
			t.Error(status, body)
		}
		if status, _, body := sec.post("/admin/users/"+id+"/grant", "unit", "520602", "node", "", "version", "1", "roles", "officer", "roles", "auditor"); status != 422 || !strings.Contains(body, "各自独立") {
			t.Error(status, body)
		}
		if status, where, body := sec.post("/admin/users/"+id+"/grant", "unit", "520602", "node", "", "version", "1", "roles", "officer", "roles", "editor"); status != 303 || where != "/admin/users/"+id {
			t.Error(status, where, body)
		}
		if a := w.account("zhangsan"); joinRoles(a.Roles) != "officer,editor" || a.Node != "520602" {
			t.Errorf("%+v", a)
		}
		newcomer := w.browser()
		if status, where, _ := newcomer.post("/login", "login", "zhangsan", "password", secret[1], "next", "/projects"); status != 303 || where != "/account" {
			t.Errorf("who must change the password is led to %s (%d)", where, status)
		}
		if status, where, _ := sec.post("/admin/users/" + id + "/disable"); status != 303 || where != "/admin/users/"+id || newcomer.in() {
			t.Error(status, where)
		}
		if status, _, _ := w.browser().mustSignIn("leader").get("/admin/users"); status != 403 {
			t.Errorf("a leader sees the accounts: %d", status)
		}
	})
}
