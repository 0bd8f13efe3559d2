package apptest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
)

const (
	crashRounds  = 3 // ZHUDIAN_CRASH_ROUNDS says otherwise
	crashClients = 8
	readyWithin  = 3 * time.Second
)

// TestCrash_acknowledged kills a server again and again while clients write to it. Whatever a client was told is
// stored must be there afterwards, whole; the chains must hold; and the server must be back within three seconds.
func TestCrash_acknowledged(t *testing.T) {
	rounds := crashRounds
	if text := os.Getenv("ZHUDIAN_CRASH_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ZHUDIAN_CRASH_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("ZHUDIAN_CRASH_SEED=%d, %d rounds", seed, rounds)
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test's dice

	w := apptest.Open(t, db.SQLite)
	c := &crash{t: t, place: placeOf(w), token: w.Token("officer"), acks: filepath.Join(t.TempDir(), "acks")}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	server := serve(t, c.place)
	for round := range rounds {
		server = c.round(round, server, time.Duration(50+random.IntN(750))*time.Millisecond)
		if t.Failed() {
			return
		}
	}
	server.kill()
	t.Logf("%d writes were acknowledged", len(c.read()))
}

// crash is the state of the loop: what clients were told, in a file of its own that each answer is forced into.
type crash struct {
	t       *testing.T
	place   place
	token   string
	acks    string
	checked int
}

// round lets clients write, kills the server, starts another and looks for what was acknowledged.
func (c *crash) round(round int, server *process, after time.Duration) *process {
	c.t.Helper()
	acks, err := os.OpenFile(c.acks, os.O_APPEND|os.O_CREATE|os.O_WRONLY|os.O_SYNC, 0o600)
	if err != nil {
		c.t.Fatal(err)
	}
	var clients sync.WaitGroup
	for client := range crashClients {
		clients.Go(func() {
			for n := 0; ; n++ {
				id, ok := c.write(server.url, fmt.Sprintf("%d-%d-%d", round, client, n))
				if !ok {
					return
				}
				if _, err := acks.WriteString(id + "\n"); err != nil {
					c.t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(after)
	server.kill()
	clients.Wait()
	if err := acks.Close(); err != nil {
		c.t.Fatal(err)
	}

	next := serve(c.t, c.place)
	if next.ready > readyWithin {
		c.t.Errorf("round %d: ready again after %v", round, next.ready)
	}
	told := c.read()
	if len(told) == c.checked {
		c.t.Logf("round %d: nothing was acknowledged within %v", round, after)
	}
	for _, id := range told[c.checked:] {
		c.find(next.url, id)
	}
	c.checked = len(told)
	zhudian(c.t, c.place, "ledger", "verify")
	zhudian(c.t, c.place, "audit", "verify")
	return next
}

// write asks the server to store a company and a visit to it, and gives the visit's id once it is acknowledged; false when the
// server is gone.
func (c *crash) write(server, mark string) (string, bool) {
	firm, ok := c.post(server+"/api/v1/companies", fmt.Sprintf(`{"name":"掉电试验有限公司 %s","region":"440305","address":"深圳市南山区 %[1]s 号"}`, mark))
	if !ok {
		return "", false
	}
	return c.post(server+"/api/v1/visits", fmt.Sprintf(`{"team":"shenzhen.520602","company":%q,"day":"2020-12-15","way":"onsite","said":"掉电试验，谈了厂房和用电。","intent":"C","late_reason":"补记"}`, firm))
}

func (c *crash) post(url, body string) (string, bool) {
	status, text, err := c.ask("POST", url, body)
	if err != nil {
		return "", false
	}
	var out struct {
		ID string `json:"id"`
	}
	if status != http.StatusCreated || json.Unmarshal([]byte(text), &out) != nil || out.ID == "" {
		c.t.Errorf("write: %d %.300s", status, text)
		return "", false
	}
	return out.ID, true
}

// find fails the test when an acknowledged record is gone.
func (c *crash) find(server, id string) {
	c.t.Helper()
	status, text, err := c.ask("GET", server+"/api/v1/visits/"+id, "")
	if err != nil || status != http.StatusOK || !strings.Contains(text, "掉电试验") {
		c.t.Errorf("acknowledged and lost: %s (%d %v %.200s)", id, status, err, text)
	}
}

func (c *crash) ask(method, url, body string) (int, string, error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// read gives the ids that were acknowledged so far.
func (c *crash) read() (ids []string) {
	c.t.Helper()
	f, err := os.Open(c.acks)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		ids = append(ids, lines.Text())
	}
	return ids
}
