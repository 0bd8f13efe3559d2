package demo

// makePayments spreads the money that arrived over the signed projects of the station.
func (p *plan) makePayments() {
	var mine, other []*deal
	for _, d := range p.deals {
		if len(d.team) > len(shenzhen) && d.team[:len(shenzhen)] == shenzhen {
			mine = append(mine, d)
		} else {
			other = append(other, d)
		}
	}
	p.pay(mine, fundsEnd)
	p.pay(other, 380_000)
	for _, d := range mine { // one voucher of November came to light after November had closed
		for i, x := range d.payments {
			if x.day >= "2020-11-20" && x.day <= "2020-11-30" {
				d.payments[i].late = true
				return
			}
		}
	}
}

// pay gives seven projects in ten payments in proportion to their contracts, never more than the contract.
func (p *plan) pay(deals []*deal, total int64) {
	var room int64
	rate := make([]int64, len(deals)) // thousandths of the contract
	for i, d := range deals {
		if p.rng.IntN(10) < 7 && d.signed < "2020-12-08" {
			rate[i] = int64(250 + p.rng.IntN(600))
			room += d.amount / wan * rate[i] / 1000
		}
	}
	given := make([]int64, len(deals))
	left := total
	for i, d := range deals {
		given[i] = min(d.amount/wan*rate[i]/1000*total/room, d.amount/wan*95/100)
		left -= given[i]
	}
	for i := 0; left > 0; i = (i + 1) % len(deals) { // what rounding and the caps left over
		if rate[i] > 0 {
			more := min(left, deals[i].amount/wan*98/100-given[i])
			given[i] += more
			left -= more
		}
	}
	for i, d := range deals {
		if given[i] > 0 {
			p.payDeal(d, given[i])
		}
	}
}

var voucherKinds = []string{"bank_slip", "bank_slip", "bank_slip", "capital_report", "invoice"}

func (p *plan) payDeal(d *deal, total int64) {
	n := 1
	if total > 300 {
		n = 1 + p.rng.IntN(3)
	}
	days := workdays(d.signed, end)
	if len(days) > 3 {
		days = days[1 : len(days)-1]
	}
	for _, part := range spread(p.rng, n, total, .6) {
		on := pick(p.rng, days)
		d.payments = append(d.payments, payment{day: on, amount: part * wan, no: on[5:7] + on[8:10] + "-" + pad(p.rng.IntN(100000), 5), kind: pick(p.rng, voucherKinds)})
	}
}
