package apptest_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the files this test compares with")

// order is the order of packages: each may import only those above it. Why is what the linter says to
// somebody who tries; it names what the package must not come to know.
var order = []struct{ name, why string }{
	{"fault", "every package speaks its errors, so it knows none of them"},
	{"db", "the door to SQL knows no table of any feature"},
	{"blob", "evidence files are bytes with a digest, whatever they prove"},
	{"sheet", "rows and row errors; what the columns mean belongs to the features"},
	{"hanzi", "letters and how they are read; what is searched belongs to the features"},
	{"web", "the kit of pages and endpoints; features come to it, not it to them"},
	{"audit", "the trail takes any action by name and knows no feature"},
	{"auth", "who may do what is decided by role and permission names, not by the records"},
	{"org", "units and scope stand before any work is recorded in them"},
	{"ledger", "it adds up measures and ids, and never learns what a visit or a project is"},
	{"verify", "a claim binds a subject by name and hash, so every feature can be verified alike"},
	{"company", "the library is there before anybody visits"},
	{"station", "teams are sent whether or not they have met a company yet"},
	{"field", "visits and tours lead to projects, not the other way"},
	{"pipeline", "projects know the visits they came from; matching and reports come later"},
	{"match", "it proposes from what the pipeline holds and changes nothing in it"},
	{"ticket", "service follows projects"},
	{"directive", "instructions point at any record above them"},
	{"assess", "scores are computed from the ledger only"},
	{"bulletin", "it prints figures and decides none"},
	{"portal", "the public side sees published snapshots only"},
	{"demo", "the demo province calls use cases as people do, and nothing may need it"},
}

const root = "../.."

// TestOrder_imports reads the imports of every package that is built into the product. It holds without the linter.
func TestOrder_imports(t *testing.T) {
	rank := map[string]int{}
	for i, p := range order {
		rank[p.name] = i
	}
	for file, imports := range productImports(t) {
		from, inside := feature(strings.TrimPrefix(file, root+"/"))
		if !inside || from == "apptest" {
			continue
		}
		if _, known := rank[from]; !known {
			t.Errorf("%s: give package %s its place in the order of this test", file, from)
			continue
		}
		for _, path := range imports {
			to, ours := feature(strings.TrimPrefix(path, "zhudian/"))
			if !ours && strings.HasPrefix(path, "zhudian/") {
				t.Errorf("%s imports %s: only cmd holds that", file, path)
			}
			if ours && to != from && (to == "apptest" || rank[to] >= rank[from]) {
				t.Errorf("%s imports %s, which is below %s: %s", file, path, from, order[rank[from]].why)
			}
		}
	}
}

// TestOrder_linter keeps the linter's rules equal to the order; -update writes them.
func TestOrder_linter(t *testing.T) {
	const begin, end = "        # order begins\n", "        # order ends\n"
	file := filepath.Join(root, ".golangci.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := bytes.Cut(text, []byte(begin))
	_, tail, also := bytes.Cut(rest, []byte(end))
	if !found || !also {
		t.Fatal("the markers around the rules are gone")
	}
	want := slices.Concat(head, []byte(begin), linterRules(), []byte(end), tail)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(text, want) {
		t.Error(".golangci.yaml does not say the order of this test; run: go test ./internal/apptest -run Order -update")
	}
}

func linterRules() []byte {
	var b bytes.Buffer
	for i, p := range order {
		fmt.Fprintf(&b, "        order-%s:\n          list-mode: lax\n          files: [\"!$test\", \"**/internal/%[1]s/**\"]\n          allow:\n", p.name)
		for _, above := range order[:i+1] {
			fmt.Fprintf(&b, "            - zhudian/internal/%s\n", above.name)
		}
		fmt.Fprintf(&b, "          deny:\n            - pkg: zhudian/\n              desc: %s\n", strconv.Quote(p.why))
	}
	return b.Bytes()
}

// feature is the package below internal/ that a file or import path belongs to.
func feature(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, "internal/")
	name, _, _ := strings.Cut(rest, "/")
	return name, ok
}

// productImports gives the imports of each file under internal/ and cmd/ that is not a test.
func productImports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."), d.IsDir() && d.Name() == "testdata":
			return filepath.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		found[path] = nil
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[path] = append(found[path], to)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 5 {
		t.Fatalf("only %d files found under %s", len(found), root)
	}
	return found
}
