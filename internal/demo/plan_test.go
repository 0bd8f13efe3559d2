package demo

import "testing"

func somePlaces() places {
	at := places{counties: map[string][]string{}, parks: map[string][]string{}, names: map[string]string{}}
	for _, c := range prefectures {
		if c.code != "GA00" {
			at.counties[c.code] = []string{c.code[:4] + "01", c.code[:4] + "02"}
		}
		at.parks[c.code] = []string{"P" + c.code}
	}
	return at
}

func TestPlan_comesToTheTargets(t *testing.T) {
	p := newPlan(1, somePlaces())
	var n, nCut int
	var amount, amountCut, funds, rose, base int64
	leads, makers, green := map[*firm]bool{}, 0, 0
	var greenSum, poverty int64
	for _, d := range p.deals {
		pearl := inPearlDelta(d.lead.origin)
		if pearl && d.signed >= "2020-03-01" && d.signed <= "2020-08-31" {
			rose += d.amount
		}
		if pearl && d.signed >= "2019-03-01" && d.signed <= "2019-08-31" {
			base += d.amount
		}
		if d.team == "" || d.team[:8] != shenzhen {
			continue
		}
		n++
		amount += d.amount
		if d.signed <= cut {
			nCut++
			amountCut += d.amount
		}
		for _, x := range d.payments {
			funds += x.amount
			if x.day < d.signed || x.day > end {
				t.Errorf("%s paid on %s, signed on %s", d.name, x.day, d.signed)
			}
		}
		for _, f := range append(d.others, d.lead) {
			leads[f] = true
		}
		if d.tag == "green-food" {
			green++
			greenSum += d.amount
		}
		if d.event >= 0 {
			poverty += d.amount
		}
	}
	for f := range leads {
		if f.industry[0] == 'B' || f.industry[0] == 'C' || f.industry[0] == 'D' {
			makers++
		}
	}
	if n != projectsEnd || nCut != projectsCut || amount != contractsEnd*wan || amountCut != contractsCut*wan || funds != fundsEnd*wan {
		t.Errorf("projects %d/%d, contracts %d/%d, funds %d", nCut, n, amountCut/wan, amount/wan, funds/wan)
	}
	if len(leads) != investors || makers != industrial {
		t.Errorf("investors %d, industrial %d", len(leads), makers)
	}
	if green != 12 || greenSum != 130_000*wan || poverty != 827_300*wan {
		t.Errorf("green food %d of %d, poverty events %d", green, greenSum/wan, poverty/wan)
	}
	if g := float64(rose-base) / float64(base) * 100; g < 129.25 || g >= 129.35 {
		t.Errorf("growth %.3f", g)
	}
}
