package web

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestText_bothLanguages: the two languages have the same keys, with the same places to fill, and no blank.
func TestText_bothLanguages(t *testing.T) {
	place := regexp.MustCompile(`\{[a-z0-9_]+\}`)
	fields := func(s string) map[string]bool {
		out := map[string]bool{}
		for _, p := range place.FindAllString(s, -1) {
			out[p] = true
		}
		return out
	}
	for k, zh := range catalogue["zh"] {
		en, ok := catalogue["en"][k]
		if !ok {
			t.Errorf("%s has no English", k)
			continue
		}
		if strings.TrimSpace(zh) == "" || strings.TrimSpace(en) == "" {
			t.Errorf("%s is blank", k)
		}
		for p := range fields(en) {
			if !fields(zh)[p] {
				t.Errorf("%s: English fills %s, Chinese does not", k, p)
			}
		}
		for _, bad := range []string{"!", "！", "请注意", "温馨提示", "亲，", "Oops", "打卡"} {
			if strings.Contains(zh, bad) || strings.Contains(en, bad) {
				t.Errorf("%s says %q", k, bad)
			}
		}
	}
	for k := range catalogue["en"] {
		if _, ok := catalogue["zh"][k]; !ok {
			t.Errorf("%s has no Chinese", k)
		}
	}
}

// TestText_keysExist reads the sources of the whole module: every literal key of T and every literal icon
// is there. A key put together at run time ends its literal part with a dot and must begin some keys.
func TestText_keysExist(t *testing.T) {
	root := moduleRoot(t)
	files := 0
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != root || d.Name() == "testdata" || d.Name() == "node_modules") {
			if d != nil && d.IsDir() {
				return filepath.SkipDir
			}
			return err
		}
		if strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
			files++
			checkSource(t, p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("only %d sources found", files)
	}
}

func checkSource(t *testing.T, path string) {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Error(err)
		return
	}
	inWeb := f.Name.Name == "web"
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			name := called(n.Fun, inWeb)
			switch {
			case (name == "T" || name == "Text") && len(n.Args) >= 2:
				checkKey(t, path, n.Args[1])
			case (name == "Icon" || name == "HasIcon") && len(n.Args) == 1:
				checkIcon(t, path, n.Args[0])
			}
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok && id.Name == "Icon" {
				checkIcon(t, path, n.Value)
			}
		}
		return true
	})
}

func called(fun ast.Expr, inWeb bool) string {
	switch x := fun.(type) {
	case *ast.Ident:
		if inWeb {
			return x.Name
		}
	case *ast.SelectorExpr:
		if pkg, ok := x.X.(*ast.Ident); ok && pkg.Name == "web" {
			return x.Sel.Name
		}
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

func checkKey(t *testing.T, path string, e ast.Expr) {
	if s, ok := literal(e); ok && !HasText(s) {
		t.Errorf("%s uses the text %q, which no catalogue has", path, s)
	}
	b, ok := e.(*ast.BinaryExpr)
	if !ok || b.Op != token.ADD {
		return
	}
	if s, ok := literal(b.X); ok && s != "command." { // features bring the commands
		for k := range catalogue["zh"] {
			if strings.HasPrefix(k, s) {
				return
			}
		}
		t.Errorf("%s: no text begins with %q", path, s)
	}
}

func checkIcon(t *testing.T, path string, e ast.Expr) {
	if s, ok := literal(e); ok && s != "" && !HasIcon(s) {
		t.Errorf("%s uses the icon %q; add it to static/icons.txt and run make vendor", path, s)
	}
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above")
		}
		dir = filepath.Dir(dir)
	}
}

func TestT(t *testing.T) {
	zh, en := context.Background(), WithLang(context.Background(), "en")
	if T(zh, "app.of", 3, 5) != "3 / 5" || T(en, "app.of", 3, 5) != "3 of 5" || T(zh, "no.such") != "no.such" {
		t.Error("texts")
	}
	if got := fill("{who} 第 {n} 次，{x} {0}", []any{"甲", Named{"who": "吴倩", "n": 5}}); got != "吴倩 第 5 次，{x} 甲" {
		t.Error(got)
	}
	if fill("a } b { c", []any{1}) != "a } b { c" {
		t.Error("stray braces")
	}
}

func TestLanguageOf(t *testing.T) {
	for _, c := range []struct{ query, own, cookie, accept, want string }{
		{"", "", "", "", "zh"},
		{"", "", "", "en-GB,en;q=0.9", "en"},
		{"", "", "", "fr;q=1, en;q=0.5, zh;q=0.4", "en"},
		{"", "", "", "zh-CN,en;q=0.8", "zh"},
		{"", "", "zh", "en", "zh"},
		{"", "en", "zh", "zh", "en"},
		{"?lang=zh", "en", "", "", "zh"},
		{"?lang=xx", "", "", "en;q=x", "zh"},
	} {
		r := httptest.NewRequest("GET", "/"+c.query, nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.Header.Set("Cookie", "zd_lang="+c.cookie)
		}
		if got := langOf(r, c.own); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestSprite: the list and the sprite hold the same icons, and every third-party file is in the README.
func TestSprite(t *testing.T) {
	b, err := staticFiles.ReadFile("static/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	for name := range iconNames() {
		if !strings.Contains(string(b), `<symbol id="`+name+`"`) {
			t.Errorf("the sprite lacks %s; run make vendor", name)
		}
	}
	readme, err := staticFiles.ReadFile("static/vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := staticFiles.ReadDir("static/vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "README.md" && !strings.Contains(string(readme), e.Name()) {
			t.Errorf("README.md does not name %s", e.Name())
		}
	}
}
