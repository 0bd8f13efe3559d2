package pipeline

import (
	"context"
	"fmt"

	"zhudian/internal/db"
	"zhudian/internal/verify"
)

// paid is what a project received so far.
type paid struct {
	Project string `db:"project_id"`
	Total   int64  `db:"total"`
	N       int64  `db:"n"`
	Round   int64  `db:"round_n"` // payments that are whole multiples of roundStep
}

func (p paid) plus(f Funds) paid {
	p.Total += f.Amount
	p.N++
	if f.Amount%roundStep == 0 {
		p.Round++
	}
	return p
}

// roundStep is 200,000 yuan: payments that are all whole multiples of it are rare in real vouchers.
const roundStep = 20_000_000

// fundsFindings are the rules on one payment. They never refuse; a verifier decides.
func fundsFindings(p Project, f Funds, before map[string]paid) []verify.Finding {
	var out []verify.Finding
	b := before[p.ID]
	if limit := p.Amount / 5 * 6; p.Amount > 0 && b.Total+f.Amount > limit {
		out = append(out, verify.Finding{
			Rule: "R05", TitleZH: "到位超过合同", TitleEN: "More than the contract",
			DetailZH: fmt.Sprintf("累计到位将达 %s，超过合同额的 120%%。", wan(b.Total+f.Amount)),
			DetailEN: fmt.Sprintf("Funds would total %s, above 120%% of the contract.", wan(b.Total+f.Amount)),
		})
	}
	if f.ReceivedOn < p.SignedOn {
		out = append(out, verify.Finding{
			Rule: "R07", TitleZH: "先到账后签约", TitleEN: "Paid before signing",
			DetailZH: "到账日期 " + f.ReceivedOn + " 早于签约日期 " + p.SignedOn + "。", DetailEN: "Received on " + f.ReceivedOn + ", signed on " + p.SignedOn + ".",
		})
	}
	if now := b.plus(f); now.N >= 4 && now.Round == now.N {
		out = append(out, verify.Finding{
			Rule: "R09", TitleZH: "整数金额偏多", TitleEN: "Round amounts only",
			DetailZH: fmt.Sprintf("本项目 %d 笔均为 20 万元的整数倍。", now.N), DetailEN: fmt.Sprintf("All %d payments are whole multiples of 200,000 yuan.", now.N),
		})
	}
	return out
}

func wan(fen int64) string {
	return fmt.Sprintf("%d.%02d 万元", fen/1_000_000, fen%1_000_000/10_000)
}

// contractFindings are the rules on a contract.
func (k *known) contractFindings(ctx context.Context, tx *db.Tx, p Project) ([]verify.Finding, error) {
	var out []verify.Finding
	if capital := k.companies[p.Lead].Capital; capital > 0 && p.Amount/capital >= 100 {
		out = append(out, verify.Finding{
			Rule: "R14", TitleZH: "注册资本远小于合同额", TitleEN: "Capital far below the contract",
			DetailZH: fmt.Sprintf("牵头企业注册资本 %s，合同额是它的 %d 倍。", wan(capital), p.Amount/capital),
			DetailEN: fmt.Sprintf("The lead investor's capital is %s; the contract is %d times that.", wan(capital), p.Amount/capital),
		})
	}
	similar, err := likeProjects(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	if similar > 0 {
		out = append(out, verify.Finding{
			Rule: "R13", TitleZH: "疑似重复签约", TitleEN: "Possibly signed twice",
			DetailZH: fmt.Sprintf("同一牵头企业 24 个月内另有 %d 个金额相近（±20%%）的签约项目。", similar),
			DetailEN: fmt.Sprintf("The same lead investor has %d other contracts of similar amount (±20%%) within 24 months.", similar),
		})
	}
	return out, nil
}
