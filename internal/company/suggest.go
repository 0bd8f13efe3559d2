package company

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Suggest is the input of the use case of that name.
type Suggest struct {
	Name       string `query:"name" json:"name" maxLength:"200"`
	CreditCode string `query:"credit_code" json:"credit_code,omitempty" maxLength:"40"`
	Except     string `query:"except" json:"except,omitempty" maxLength:"36"` // the record being edited
}

// Hint is a likely duplicate: registry facts alone, whoever asks.
type Hint struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	CreditCode string `json:"credit_code,omitempty"`
	Region     string `json:"region,omitempty"`
	Address    string `json:"address,omitempty"`
	Status     string `json:"status,omitempty"`
	Why        string `json:"why,omitempty" enum:"same_code,same_name,former_name,same_key,same_sound,similar"`
	Likeness   int    `json:"likeness,omitempty"` // percent
}

// Suggested is the answer of Suggest, the likeliest first; at most 8.
type Suggested struct {
	Hints []Hint       `json:"hints"`
	Code  *fault.Field `json:"-"` // what is wrong with the code typed so far, nil when nothing
	Asked bool         `json:"-"` // there was something to look for
}

// Suggest finds likely duplicates of what is being typed, by indexed keys only.
func (s *Service) Suggest(ctx context.Context, in Suggest) (out Suggested, err error) {
	if _, err := audit.Require(ctx, "company.read"); err != nil {
		return out, err
	}
	out.Asked = in.Name != "" || in.CreditCode != ""
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Hints, err = suggest(ctx, tx, in)
		return err
	})
	return out, err
}

const maxHints = 8

// byMark finds companies by a mark, but not those that the name alone finds.
const byMark = `SELECT ` + companyColumns + ` FROM company_mark m JOIN company_company c ON c.num = m.num WHERE m.value = ? AND c.name_key <> ? LIMIT 8`

func suggest(ctx context.Context, tx *db.Tx, in Suggest) ([]Hint, error) {
	d, err := org.Open(ctx, tx)
	if err != nil {
		return nil, err
	}
	h := &hints{except: in.Except, seen: map[string]bool{}, list: []Hint{}}
	if in.Except != "" {
		if h.seen, err = apartFrom(ctx, tx, in.Except); err != nil {
			return nil, err
		}
	}
	if code, bad := CreditCode(in.CreditCode); in.CreditCode != "" && bad == nil {
		if err := h.add(ctx, tx, "same_code", nil, `SELECT `+companyColumns+` FROM company_company c WHERE c.credit_code = ? AND c.credit_code <> '' AND c.merged_into = ''`, code); err != nil {
			return nil, err
		}
	}
	full := fullKey(in.Name)
	if len([]rune(full)) < 2 {
		return h.list, nil
	}
	key := nameKey(d, in.Name)
	like := func(c Company) int64 { return likeness(nameKey(d, c.Name), key) }
	steps := []struct {
		why, text string
		args      []any
	}{
		{"former_name", `SELECT ` + companyColumns + ` FROM company_name n JOIN company_company c ON c.id = n.company_id WHERE n.name_key = ? AND c.merged_into = '' LIMIT 8`, []any{full}},
		{"same_key", `SELECT ` + companyColumns + ` FROM company_company c WHERE c.name_key = ? AND c.merged_into = '' LIMIT 20`, []any{key}},
		{"former_name", byMark, []any{markName + key, key}},
	}
	if s := sound(key); s != "" {
		steps = append(steps, struct {
			why, text string
			args      []any
		}{"same_sound", byMark, []any{markSound + s, key}})
	}
	if runes := []rune(key); len(runes) >= 2 {
		head := string(runes[:2])
		steps = append(steps, struct {
			why, text string
			args      []any
		}{
			"similar", `SELECT ` + companyColumns + ` FROM company_company c WHERE c.name_key >= ? AND c.name_key < ? AND c.merged_into = '' ORDER BY c.name_key LIMIT 60`,
			[]any{head, head + "\U0010FFFF"},
		})
	}
	for _, st := range steps {
		if err := h.add(ctx, tx, st.why, like, st.text, st.args...); err != nil {
			return nil, err
		}
	}
	if list := phrases(key); len(h.list) < maxHints && len(list) > 0 && len([]rune(key)) >= 2 {
		where, arg := matching(tx.Engine(), list)
		if err := h.add(ctx, tx, "similar", like, `SELECT `+companyColumns+` FROM `+searchTables+slotNum(tx.Engine())+` WHERE `+where+` LIMIT 20`, arg); err != nil {
			return nil, err
		}
	}
	return h.best(full), nil
}

type hints struct {
	except string
	seen   map[string]bool
	list   []Hint
}

// add takes over the companies of a query; like judges them, and those too unlike are left out.
func (h *hints) add(ctx context.Context, tx *db.Tx, why string, like func(Company) int64, text string, args ...any) error {
	return db.Each(ctx, tx, text, args, func(c Company) error {
		if c.ID == h.except || h.seen[c.ID] {
			return nil
		}
		score := int64(100)
		if like != nil {
			score = like(c)
		}
		if why == "similar" && score < 40 {
			return nil
		}
		h.seen[c.ID] = true
		h.list = append(h.list, Hint{
			ID: c.ID, Name: c.Name, Kind: c.Kind, CreditCode: c.CreditCode, Region: c.Region, Address: c.Address,
			Status: c.Status, Why: why, Likeness: int(score),
		})
		return nil
	})
}

// best names exact matches and keeps the likeliest.
func (h *hints) best(full string) []Hint {
	rank := map[string]int{"same_code": 0, "same_name": 1, "former_name": 2, "same_key": 3, "same_sound": 4, "similar": 5}
	for i := range h.list {
		if h.list[i].Why != "same_code" && fullKey(h.list[i].Name) == full {
			h.list[i].Why, h.list[i].Likeness = "same_name", 100
		}
	}
	sortHints(h.list, rank)
	return h.list[:min(len(h.list), maxHints)]
}

func sortHints(list []Hint, rank map[string]int) {
	less := func(a, b Hint) int {
		if rank[a.Why] != rank[b.Why] {
			return rank[a.Why] - rank[b.Why]
		}
		if a.Likeness != b.Likeness {
			return b.Likeness - a.Likeness
		}
		return strings.Compare(a.ID, b.ID)
	}
	slices.SortStableFunc(list, less)
}
