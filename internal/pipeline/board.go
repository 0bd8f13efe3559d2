package pipeline

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// boardCards is how many projects a column of the board shows.
const boardCards = 20

// Column is one stage of the board. Count and Amount are of the projects that stand there now, which is no figure of the
// ledger: a figure counts what was verified, whatever became of it.
type Column struct {
	Stage  string `json:"stage"`
	Count  int64  `json:"count"`
	Amount int64  `json:"amount" doc:"contracts in fen"`
	Items  []Item `json:"items"`
}

// Board is the projects of a filter by stage.
type Board struct {
	Columns []Column `json:"columns"`
}

// Board gives the projects in scope by the stage they stand at, the first 20 of each. The stage and page of the filter are
// ignored.
func (s *Service) Board(ctx context.Context, in Filter) (out Board, err error) {
	who, err := audit.Require(ctx, "project.read")
	if err != nil {
		return out, err
	}
	in.Stage = ""
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args, err := in.where(tx, nil)
		if err != nil {
			return err
		}
		all := append([]any{who.Node, tx.Today(), tx.Today()}, args...)
		type total struct {
			Stage  string `db:"stage"`
			N      int64  `db:"n"`
			Amount int64  `db:"total"`
		}
		totals := map[string]total{}
		err = db.Each(ctx, tx, `SELECT p.stage, count(*) AS n, CAST(sum(p.amount) AS BIGINT) AS total FROM pipeline_project p`+scopeJoin+`
			JOIN company_company l ON l.id = p.lead_company WHERE `+where+` GROUP BY p.stage`, all, func(t total) error {
			totals[t.Stage] = t
			return nil
		})
		if err != nil {
			return err
		}
		for _, stage := range Stages {
			col := Column{Stage: stage, Count: totals[stage].N, Amount: totals[stage].Amount, Items: []Item{}}
			if col.Count > 0 {
				in.Stage = stage
				part, err := list(ctx, tx, who.Node, in, boardCards, nil)
				if err != nil {
					return err
				}
				col.Items = part.Items
			}
			out.Columns = append(out.Columns, col)
		}
		return nil
	})
	return out, err
}

// boardView is the board with what its page shows beside the cards.
type boardView struct {
	listView
	board Board
}

func (s *Service) boardPage(r *http.Request, in Filter) (templ.Component, error) {
	out, err := s.Board(r.Context(), in)
	if err != nil {
		return nil, err
	}
	v := boardView{board: out}
	v.in, v.view = in, "board"
	for _, c := range out.Columns {
		v.list.Items = append(v.list.Items, c.Items...)
	}
	if err := s.DB.Read(r.Context(), v.fill); err != nil {
		return nil, err
	}
	return boardPage(v), nil
}

// columnURL is the list of one stage under the same filter.
func (v boardView) columnURL(stage string) string {
	q := v.query()
	q.Set("stage", stage)
	return listPath + "?" + q.Encode()
}

// views switches between table and board.
func (v listView) views(ctx context.Context) []web.ViewSwitch {
	q := v.query()
	table := listPath + "?" + q.Encode()
	q.Del("stage")
	q.Set("view", "board")
	return []web.ViewSwitch{
		{Icon: "table", Text: web.T(ctx, "project.as_table"), URL: table, On: v.view == ""},
		{Icon: "layout-kanban", Text: web.T(ctx, "project.as_board"), URL: listPath + "?" + q.Encode(), On: v.view == "board"},
	}
}
