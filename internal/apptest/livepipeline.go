package apptest

import (
	"bytes"
	"context"
	"image"
	"image/png"

	"zhudian/internal/db"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// stages bring the world's project to its local registration, which waits to be confirmed, beside a project that is paused and
// gates that somebody proposed.
func (w *World) stages() {
	var picture bytes.Buffer
	w.must(png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 20, 20))))
	m, err := w.Files.Put(context.Background(), &picture, "执照.png")
	w.must(err)
	in := pipeline.NewMove{To: "R1", On: "2020-12-14"}
	in.Project, in.Details = w.ID["project"], pipeline.Details{LocalName: "铜仁" + Canary, LocalUSCC: "91310000MA0000015F", Equity: "独资"}
	in.Papers = []pipeline.NewPaper{{Kind: "licence", File: verify.Evidence{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size}}}
	_, err = w.Pipeline.Move(w.As("county"), in)
	w.must(err)
	p, err := w.Pipeline.Register(w.As("county"), pipeline.Register{Name: "暂停的项目" + Canary, Unit: "520602", Investors: []string{w.ID["company"]}, Industry: "39", Wheel: "industry", RegisteredOn: "2020-12-02"})
	w.must(err)
	_, err = w.Pipeline.SetStatus(w.As("county"), pipeline.NewStatus{Project: p.ID, Status: "paused", Reason: "等用地指标", On: "2020-12-10"})
	w.must(err)
	w.ID["paused"] = p.ID
	owed, err := w.Pipeline.AddPromise(w.As("county"), pipeline.NewPromise{Project: w.ID["project"], Side: "government", Kind: "site", Title: "交付厂房" + Canary, Owner: "碧江经开区", DueOn: "2020-12-20", Breach: "逾期按日赔偿"})
	w.must(err)
	w.ID["promise"] = owed.ID
	_, err = w.Pipeline.ProposeGates(w.As("province"), pipeline.NewGates{Gates: pipeline.DefaultGates().Gates, Note: "试行一年后重定"})
	w.must(err)
}

// disputed makes a lead of 万山 on the company of 碧江's, which the city is to decide.
func (w *World) disputed() {
	_, err := w.Pipeline.RecordLead(w.As("stranger"), pipeline.NewLead{Title: "万山的线索", Company: w.ID["company"], Source: "association", Team: "shenzhen.520603", Industry: "39", Said: "想在铜仁建厂。"})
	w.must(err)
	list, err := w.Pipeline.ListDisputes(w.As("city"), pipeline.DisputeFilter{State: "open"})
	w.must(err)
	w.ID["dispute"] = list.Items[0].ID
}

// shared makes an agreement about the credit of the project, which 万山 is to sign.
func (w *World) shared() {
	x, err := w.Pipeline.ProposeSplit(w.As("county"), pipeline.NewSplit{Project: w.ID["project"], Reason: "万山先引荐" + Canary, Shares: []pipeline.Share{
		{Unit: "520602", Team: "shenzhen.520602", Share: 800_000}, {Unit: "520603", Share: 200_000},
	}})
	w.must(err)
	w.ID["split"] = x.ID
}

// returned has the city return the paused project, which its county may appeal.
func (w *World) returned() {
	var c verify.Claim
	w.must(w.DB.Read(System(), func(ctx context.Context, tx *db.Tx) (err error) {
		c, _, err = verify.ClaimOf(ctx, tx, "project/"+w.ID["paused"])
		return err
	}))
	d, err := w.Verify.Open(w.As("city"), verify.ByID{ID: c.ID})
	w.must(err)
	_, err = w.Verify.Decide(w.As("city"), verify.Decision{Claim: c.ID, Verdict: verify.Return, Reason: "缺用地批复", ContentHash: d.Round.ContentHash})
	w.must(err)
	w.ID["returned"] = c.ID
}
