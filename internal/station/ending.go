package station

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// EndDeployment says that somebody left before the day that was planned.
type EndDeployment struct {
	ID      string `json:"id" maxLength:"40"`
	Version int64  `json:"version" doc:"as last seen"`
	EndsOn  string `json:"ends_on" format:"date" doc:"the last day there"`
	Reason  string `json:"reason" maxLength:"200"`
}

// EndDeployment ends a deployment early. What is verified is that the person was sent, so no figure changes; from the
// next day on the person may be sent elsewhere.
// Faults: not_found, stale, Invalid (before it starts, not earlier than planned), withdrawn.
func (s *Service) EndDeployment(ctx context.Context, in EndDeployment) (out Deployment, err error) {
	who, err := audit.Require(ctx, "deployment.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if out, err = deploymentInScope(ctx, tx, who.Node, in.ID); err != nil {
			return err
		}
		batch, err := batchByID(ctx, tx, out.Batch)
		if err != nil {
			return err
		}
		planned := lastDay(out, batch)
		if planned == forever {
			planned = ""
		}
		if err := in.check(out, planned); err != nil {
			return err
		}
		if in.Version != out.Version {
			return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
		}
		before := map[string]string{"ends_on": out.EndsOn}
		n, err := db.Exec(ctx, tx, `UPDATE station_deployment SET ends_on = ?, version = version + 1 WHERE id = ? AND version = ?`, in.EndsOn, out.ID, in.Version)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
		}
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `INSERT INTO station_ending (deployment_id, planned_on, ends_on, reason, by_person, at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (deployment_id) DO UPDATE SET ends_on = excluded.ends_on, reason = excluded.reason, by_person = excluded.by_person, at = excluded.at`,
			out.ID, planned, in.EndsOn, strings.TrimSpace(in.Reason), who.Person, db.Micros(tx.Now()))
		if err != nil {
			return err
		}
		out.EndsOn, out.Version = in.EndsOn, out.Version+1
		return audit.Note(ctx, tx, "deployment.end", out.Subject(), before, map[string]string{"ends_on": in.EndsOn})
	})
	return out, err
}

func (in EndDeployment) check(d Deployment, planned string) error {
	var c fault.Checks
	c.Require("reason", in.Reason, "提前结束的原因", "Why it ended early")
	c.Require("ends_on", in.EndsOn, "离点日期", "The last day")
	if in.EndsOn != "" {
		checkDay(&c, "ends_on", in.EndsOn, true)
	}
	switch {
	case in.EndsOn == "":
	case in.EndsOn < d.StartsOn:
		c.Add("ends_on", "before_start", "离点日期早于到点日期。", "It ends before it starts.")
	case planned != "" && in.EndsOn >= planned:
		c.Add("ends_on", "not_early", "原定 "+planned+" 离点，这不算提前。", "It was to end on "+planned+"; this is not early.")
	}
	return c.Err()
}

func deploymentInScope(ctx context.Context, tx *db.Tx, root, id string) (Deployment, error) {
	return db.One[Deployment](ctx, tx, `SELECT `+deploymentColumns+` FROM station_deployment d`+inScope+`d.node_id WHERE d.id = ?`,
		root, tx.Today(), tx.Today(), id)
}

// DeploymentID names one.
type DeploymentID struct {
	ID string `path:"id" json:"id" maxLength:"40"`
}

// Deployment gives one deployment in scope. Fault: not_found.
func (s *Service) Deployment(ctx context.Context, in DeploymentID) (out Deployment, err error) {
	who, err := audit.Require(ctx, "deployment.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		one := make([]Deployment, 1)
		if one[0], err = deploymentInScope(ctx, tx, who.Node, in.ID); err == nil {
			err = countAll(ctx, tx, one)
		}
		out = one[0]
		return err
	})
	return out, err
}

// elsewhere refuses somebody who is still deployed at that time: a person is in one place.
func elsewhere(ctx context.Context, tx *db.Tx, d Deployment, b Batch, i int) error {
	last := lastDay(d, b)
	type stay struct {
		Team   string `db:"team_id"`
		Starts string `db:"starts_on"`
	}
	other, found, err := db.Maybe[stay](ctx, tx, `SELECT d.team_id, d.starts_on FROM station_deployment d JOIN station_batch b ON b.id = d.batch_id
		WHERE d.person_id = ? AND d.batch_id <> ? AND d.starts_on <= ?
		AND CASE WHEN d.ends_on <> '' THEN d.ends_on WHEN d.kind = 'posting' THEN '9999-12-31' WHEN b.ends_on <> '' THEN b.ends_on ELSE '9999-12-31' END >= ? LIMIT 1`, d.Person, d.Batch, last, d.StartsOn)
	if err != nil || !found {
		return err
	}
	return fault.BadField(fmt.Sprintf("people[%d].starts_on", i), "overlaps",
		"此人自 "+other.Starts+" 起还在另一处驻点，先在那边办提前结束。", "This person is deployed elsewhere since "+other.Starts+"; end that first.")
}

func endURL(id string) string { return base + "/deployments/" + url.PathEscape(id) + "/end" }

type endView struct {
	d     Deployment
	state web.FormState
}

func (s *Service) endPage(r *http.Request) (templ.Component, error) {
	d, err := s.Deployment(r.Context(), DeploymentID{r.PathValue("id")})
	return endPage(endView{d, web.FormOf("ends_on", web.Today(r.Context()))}), err
}

func (s *Service) endPosted(r *http.Request) (templ.Component, error) {
	in, err := web.Form[EndDeployment](r)
	in.ID = r.PathValue("id")
	var out Deployment
	if err == nil {
		out, err = s.EndDeployment(r.Context(), in)
	}
	if err == nil {
		station, _, _ := strings.Cut(out.Team, ".")
		return s.done(r, here(station)+"&"+url.Values{"batch": {out.Batch}}.Encode(), "station.ended", out.Name, out.EndsOn), nil
	}
	d, bad := s.Deployment(r.Context(), DeploymentID{in.ID})
	if bad != nil {
		return nil, bad
	}
	return web.Retry(endPage(endView{d, web.NewForm(r, err)}), err)
}

// mayEnd reports whether a deployment can still end early: it has not ended.
func (v *view) mayEnd(ctx context.Context, d Deployment) bool {
	return d.EndsOn == "" || d.EndsOn > web.Today(ctx)
}
