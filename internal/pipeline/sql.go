package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/station"
)

const scopeJoin = ` JOIN org_scope o ON o.node_id = p.node_id AND o.root_id = ? AND o.valid_from <= ? AND o.valid_to > ?`

// inScope gives a project that lies under root, with its investors. Fault: NotFound.
func inScope(ctx context.Context, tx *db.Tx, root, id string) (Project, error) {
	p, err := db.One[Project](ctx, tx, `SELECT `+projectColumns+` FROM pipeline_project p`+scopeJoin+` WHERE p.id = ?`, root, tx.Today(), tx.Today(), id)
	if err != nil {
		return p, err
	}
	list := []Project{p}
	err = attachInvestors(ctx, tx, list)
	return list[0], err
}

// fundsInScope gives a payment that lies under root. Fault: NotFound.
func fundsInScope(ctx context.Context, tx *db.Tx, root, id string) (Funds, error) {
	f, err := db.One[Funds](ctx, tx, `SELECT `+fundsColumns+` FROM pipeline_funds f JOIN org_scope o ON o.node_id = f.node_id AND o.root_id = ?
		AND o.valid_from <= ? AND o.valid_to > ? WHERE f.id = ?`, root, tx.Today(), tx.Today(), id)
	if err != nil {
		return f, err
	}
	invoices, err := invoicesOf(ctx, tx, []string{id})
	f.Invoices = invoices[id]
	return f, err
}

// repeated notes that a client sent a content under an id; it reports true when that was sent before.
// Fault: id_reused, when it was with other content.
func repeated(ctx context.Context, tx *db.Tx, id string, body any) (bool, error) {
	if id == "" {
		return false, nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return false, fault.Wrap(err, "encode a request")
	}
	sum := sha256.Sum256(raw)
	hash := hex.EncodeToString(sum[:])
	n, err := db.Exec(ctx, tx, `INSERT INTO pipeline_posted (id, body_hash) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`, id, hash)
	if err != nil || n > 0 {
		return false, err
	}
	old, err := db.One[string](ctx, tx, `SELECT body_hash FROM pipeline_posted WHERE id = ?`, id)
	if err == nil && old != hash {
		err = fault.New(fault.Conflict, "id_reused", "这个编号已记过另一内容，没有写入；请刷新后重新填写。",
			"This id was stored before with other content; nothing was written.")
	}
	return true, err
}

func attachInvestors(ctx context.Context, tx *db.Tx, list []Project) error {
	byID := map[string]*Project{}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
		byID[ids[i]] = &list[i]
	}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT project_id, company_id, line FROM pipeline_investor WHERE project_id IN `+db.In(len(part))+` ORDER BY project_id, line`,
			db.Args(part), func(v investor) error {
				byID[v.Project].Investors = append(byID[v.Project].Investors, v.Company)
				return nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// byIDs gives projects in the order asked, with their investors; the caller has checked scope. Fault: NotFound.
func byIDs(ctx context.Context, tx *db.Tx, ids []string) ([]Project, error) {
	found := map[string]Project{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT `+projectColumns+` FROM pipeline_project p WHERE p.id IN `+db.In(len(part)), db.Args(part), func(p Project) error {
			found[p.ID] = p
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var unique []Project
	for _, p := range found {
		unique = append(unique, p)
	}
	if err := attachInvestors(ctx, tx, unique); err != nil {
		return nil, err
	}
	for _, p := range unique {
		found[p.ID] = p
	}
	out := make([]Project, len(ids))
	for i, id := range ids {
		p, ok := found[id]
		if !ok {
			return nil, fault.New(fault.NotFound, "not_found", "没有这个项目，或不在您的范围内。", "No such project, or it is outside your scope.")
		}
		out[i] = p
	}
	return out, nil
}

// save writes a project over the version it was read at. Fault: stale.
func save(ctx context.Context, tx *db.Tx, p *Project) error {
	p.UpdatedAt = db.Micros(tx.Now())
	n, err := db.Exec(ctx, tx, `UPDATE pipeline_project SET name = ?, nature = ?, stage = ?, status = ?, node_id = ?, unit_id = ?, team_id = ?, batch_id = ?, lead_company = ?,
		industry = ?, wheel = ?, chain = ?, mode = ?, event_id = ?, origin = ?, tags = ?, registered_on = ?, signed_on = ?, amount = ?, contract_no = ?,
		summary = ?, next_step = ?, next_on = ?, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?`,
		p.Name, p.Nature, p.Stage, p.Status, p.Node, p.Unit, p.Team, p.Batch, p.Lead, p.Industry, p.Wheel, p.Chain, p.Mode, p.Event, p.Origin, p.Tags,
		p.RegisteredOn, p.SignedOn, p.Amount, p.ContractNo, p.Summary, p.NextStep, p.NextOn, p.UpdatedAt, p.ID, p.Version)
	if err == nil && n == 0 {
		return stale()
	}
	p.Version++
	return err
}

func saveInvestors(ctx context.Context, tx *db.Tx, project string, companies []string) error {
	if _, err := db.Exec(ctx, tx, `DELETE FROM pipeline_investor WHERE project_id = ?`, project); err != nil {
		return err
	}
	rows := make([]investor, len(companies))
	for i, id := range companies {
		rows[i] = investor{project, id, int64(i)}
	}
	return db.Insert(ctx, tx, "pipeline_investor", rows)
}

// likeProjects counts other contracts of the same lead within 24 months and ±20 % of the amount.
func likeProjects(ctx context.Context, tx *db.Tx, p Project) (int64, error) {
	day, err := time.Parse(time.DateOnly, p.SignedOn)
	if err != nil {
		return 0, fault.Wrap(err, "read a checked date")
	}
	return db.One[int64](ctx, tx, `SELECT count(*) FROM pipeline_project WHERE lead_company = ? AND id <> ? AND signed_on <> ''
		AND signed_on >= ? AND signed_on <= ? AND amount >= ? AND amount <= ?`, p.Lead, p.ID,
		day.AddDate(-2, 0, 0).Format(time.DateOnly), day.AddDate(2, 0, 0).Format(time.DateOnly), p.Amount-p.Amount/5, p.Amount+p.Amount/5)
}

// visibleTeams are the teams of the acting person's scope, for the choice of who brought a project.
func visibleTeams(ctx context.Context, tx *db.Tx) ([]station.Team, error) {
	who, _ := audit.Who(ctx)
	return station.TeamsInScope(ctx, tx, who.Node)
}
