package pipeline

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// Details are what is known of a project beyond what its figures are made of. Gates ask for them by their names.
type Details struct {
	Demand       string `json:"demand,omitempty" maxLength:"500" doc:"what it needs: land, power, labour"`
	LocalName    string `json:"local_name,omitempty" maxLength:"120" doc:"the project company"`
	LocalUSCC    string `json:"local_uscc,omitempty" maxLength:"40" doc:"its unified social credit code"`
	Equity       string `json:"equity,omitempty" maxLength:"200" doc:"who holds what part"`
	NationalCode string `json:"national_code,omitempty" maxLength:"40" doc:"of the national approval platform: 2020-520602-39-03-118264"`
	Site         string `json:"site,omitempty" maxLength:"200"`
	LandRef      string `json:"land_ref,omitempty" maxLength:"80" doc:"number of the land or lease contract"`
	PermitNo     string `json:"permit_no,omitempty" maxLength:"80" doc:"number of the building permit"`
	StartDue     string `json:"start_due,omitempty" maxLength:"10" doc:"agreed start of works"`
	ProduceDue   string `json:"produce_due,omitempty" maxLength:"10" doc:"agreed start of production"`
	PowerNo      string `json:"power_no,omitempty" maxLength:"40" doc:"number of the power account"`
	Staff        string `json:"staff,omitempty" maxLength:"10" doc:"people with social insurance"`
}

// detailKeys are the names of the fields, in the order in which they are shown.
var detailKeys = []string{"demand", "local_name", "local_uscc", "equity", "national_code", "site", "land_ref", "permit_no", "start_due", "produce_due", "power_no", "staff"}

// values are the fields that say something, by name.
func (d Details) values() map[string]string {
	raw, _ := json.Marshal(d) // a struct of texts
	out := map[string]string{}
	_ = json.Unmarshal(raw, &out)
	for k, v := range out {
		if out[k] = strings.TrimSpace(v); out[k] == "" {
			delete(out, k)
		}
	}
	return out
}

func detailsOf(values map[string]string) (d Details) {
	raw, _ := json.Marshal(values)
	_ = json.Unmarshal(raw, &d)
	return d
}

var nationalCode = regexp.MustCompile(`^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$`)

// checkDetails notes what is wrong with the values and writes them as they are kept.
func checkDetails(c *fault.Checks, values map[string]string) {
	for k, v := range values {
		at := "details." + k
		c.AtMost(at, v, 500)
		switch k {
		case "local_uscc":
			code, bad := company.CreditCode(v)
			if bad != nil {
				c.Add(at, bad.Code, bad.Words.ZH, bad.Words.EN)
			} else {
				values[k] = code
			}
		case "national_code":
			if !nationalCode.MatchString(v) {
				c.Add(at, "not_a_code", "项目代码写作 2020-520602-39-03-118264 这样，24 位。", "Write the code like 2020-520602-39-03-118264.")
			}
		case "start_due", "produce_due":
			if _, err := time.Parse(time.DateOnly, v); err != nil {
				c.Add(at, "not_a_date", "日期写作 2020-12-15 这样。", "Write dates like 2020-12-15.")
			}
		case "staff":
			if strings.Trim(v, "0123456789") != "" {
				c.Add(at, "not_a_number", "请填人数。", "Give a number of people.")
			}
		}
	}
}

// Paper is a file that a gate asks for.
type Paper struct {
	ID      string `db:"id" json:"id"`
	Project string `db:"project_id" json:"-"`
	Kind    string `db:"kind" json:"kind"`
	Blob    string `db:"blob" json:"sha256"`
	Name    string `db:"name" json:"name"`
	Type    string `db:"type" json:"type"`
	Size    int64  `db:"size" json:"size"`
	AddedBy string `db:"added_by" json:"added_by"`
	AddedAt int64  `db:"added_at" json:"added_at"`
}

const paperColumns = `id, project_id, kind, blob, name, type, size, added_by, added_at`

// NewPaper is a file to be kept under a kind.
type NewPaper struct {
	Kind string          `json:"kind"`
	File verify.Evidence `json:"file"`
}

// Prepare is what is gathered for a project's next stage.
type Prepare struct {
	Project string     `json:"project"`
	Details Details    `json:"details,omitempty"`
	Papers  []NewPaper `json:"papers,omitempty" maxItems:"50"`
}

// Prepare keeps fields and files, so that a stage can be reached once all are there; a field that is empty stays as it is.
// Faults: not_found; Invalid; code_used.
func (s *Service) Prepare(ctx context.Context, in Prepare) (out Record, err error) {
	who, err := audit.Require(ctx, "project.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out.Project, err = inScope(ctx, tx, who.Node, in.Project); err != nil {
			return err
		}
		if err := keep(ctx, tx, who, in); err != nil {
			return err
		}
		return out.fill(ctx, tx)
	})
	return out, err
}

func (s *Service) prepareStored(ctx context.Context, in Prepare) (Record, error) {
	if err := verify.Stored(ctx, s.Files, filesOf(in.Papers)); err != nil {
		return Record{}, err
	}
	return s.Prepare(ctx, in)
}

func filesOf(papers []NewPaper) []verify.Evidence {
	out := make([]verify.Evidence, len(papers))
	for i, p := range papers {
		out[i] = p.File
	}
	return out
}

// keep stores fields and files of a project.
func keep(ctx context.Context, tx *db.Tx, who audit.Actor, in Prepare) error {
	values := in.Details.values()
	var c fault.Checks
	checkDetails(&c, values)
	for _, p := range in.Papers {
		if !slices.Contains(paperKinds, p.Kind) {
			c.Add("papers", "unknown", "没有这种材料："+p.Kind+"。", "There is no such kind of evidence: "+p.Kind+".")
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	if len(values) == 0 && len(in.Papers) == 0 {
		return nil
	}
	if err := freeCode(ctx, tx, in.Project, values["national_code"]); err != nil {
		return err
	}
	for _, k := range detailKeys {
		if values[k] == "" {
			continue
		}
		if _, err := db.Exec(ctx, tx, `INSERT INTO pipeline_detail (project_id, field, value) VALUES (?, ?, ?)
			ON CONFLICT (project_id, field) DO UPDATE SET value = excluded.value`, in.Project, k, values[k]); err != nil {
			return err
		}
	}
	kinds := []string{}
	for _, p := range in.Papers {
		kinds = append(kinds, p.Kind)
		if _, err := db.Exec(ctx, tx, `INSERT INTO pipeline_paper (`+paperColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, kind, blob) DO NOTHING`,
			tx.ID(), in.Project, p.Kind, p.File.Blob, p.File.Name, p.File.Type, p.File.Size, who.Person, db.Micros(tx.Now())); err != nil {
			return err
		}
	}
	return audit.Note(ctx, tx, "project.prepare", "project/"+in.Project, nil, map[string]any{"details": values, "papers": kinds})
}

// freeCode refuses a project code that another project has. It does not say which: that may be another county's.
func freeCode(ctx context.Context, tx *db.Tx, project, code string) error {
	if code == "" {
		return nil
	}
	_, used, err := db.Maybe[string](ctx, tx, `SELECT project_id FROM pipeline_detail WHERE field = 'national_code' AND value = ? AND project_id <> ?`, code, project)
	if err == nil && used {
		err = fault.BadField("details.national_code", "code_used", "这个项目代码已登记在另一个项目上。同一个项目只登记一次；如认为有误，请找共同的上级核对。",
			"Another project has this code already. A project is registered once; if that is wrong, ask your common superior.")
	}
	return err
}

// paper gives out a file of a project's stages.
func (s *Service) paper(m *web.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.paperInScope(r.Context(), r.PathValue("id"), r.PathValue("paper"))
		if err == nil {
			err = verify.ServeFile(w, r, s.Files, verify.Evidence{Blob: p.Blob, Name: p.Name, Type: p.Type, Size: p.Size})
		}
		if err != nil {
			m.Fail(w, r, err)
		}
	}
}

func (s *Service) paperInScope(ctx context.Context, project, id string) (out Paper, err error) {
	who, err := audit.Require(ctx, "evidence.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := inScope(ctx, tx, who.Node, project); err != nil {
			return err
		}
		out, err = db.One[Paper](ctx, tx, `SELECT `+paperColumns+` FROM pipeline_paper WHERE project_id = ? AND id = ?`, project, id)
		return err
	})
	return out, err
}
