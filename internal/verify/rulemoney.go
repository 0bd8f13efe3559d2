package verify

import (
	"fmt"
	"strings"
	"time"

	"zhudian/internal/fault"
)

func words(zh, en string) fault.Words { return fault.Words{ZH: zh, EN: en} }

// moneyRules look at money said to have been received.
var moneyRules = []Rule{
	{
		Code: "R01", Kinds: onFunds, Risk: 9, Name: words("凭证重复", "Voucher used before"),
		About: words("同一凭证号或发票号出现在另一笔到位资金里。", "Another payment names the same voucher or invoice."),
		look: payment(func(p *PaymentCase, _ limits) []fault.Words {
			if p.SameNumber == 0 {
				return nil
			}
			return say(fmt.Sprintf("另有 %d 笔资金用了同一凭证号或发票号。", p.SameNumber), fmt.Sprintf("%d other payments name the same voucher or invoice.", p.SameNumber))
		}),
	},
	{
		Code: "R03", Kinds: onFunds, Risk: 9, Name: words("资金回流", "Money went back"),
		About:  words("到账后几天内又转出大部分。", "Most of it left again within days."),
		Limits: []Limit{{"percent", words("转出比例（%）", "Part that left, per cent"), 10, 100, 80}, {"days", words("天数", "Days"), 1, 60, 5}},
		look:   payment(circular),
	},
	{
		Code: "R04", Kinds: onFunds, Risk: 6, Name: words("付款方可疑", "Doubtful payer"),
		About: words("付款方是本地国有平台或财政单位，或与收款方是同一家。", "The payer is a local state platform or treasury, or the payee itself."),
		List:  &WordList{words("付款方名称中的字样", "Words in the payer's name"), []string{"城投", "城市建设投资", "国有资产", "国资", "平台公司", "财政局", "财政所", "土储", "交通投资", "管委会"}},
		look:  payment(payer),
	},
	{
		Code: "R05", Kinds: onFunds, Risk: 6, Name: words("到位超过合同", "More than the contract"),
		About:  words("累计到位资金超过合同投资额的一定比例。", "What was received exceeds the contract by more than allowed."),
		Limits: []Limit{{"percent", words("合同额的比例（%）", "Per cent of the contract"), 100, 300, 120}},
		look: payment(func(p *PaymentCase, at limits) []fault.Words {
			if p.Contract <= 0 || p.Total <= p.Contract/100*at.of("percent") {
				return nil
			}
			return say(fmt.Sprintf("累计到位将达 %s，超过合同额的 %d%%。", wan(p.Total), at.of("percent")), fmt.Sprintf("Funds would total %s, above %d%% of the contract.", wanEN(p.Total), at.of("percent")))
		}),
	},
	{
		Code: "R06", Kinds: onFunds, Risk: 9, Name: words("终止后到账", "Paid after the end"),
		About: words("项目已终止或流失，之后仍报到位资金。", "The project had ended or was lost before the money came."),
		look: payment(func(p *PaymentCase, _ limits) []fault.Words {
			if p.EndedOn == "" || p.ReceivedOn <= p.EndedOn {
				return nil
			}
			return say("项目已于 "+p.EndedOn+" 终止，到账日期是 "+p.ReceivedOn+"。", "The project ended on "+p.EndedOn+"; the money is dated "+p.ReceivedOn+".")
		}),
	},
	{
		Code: "R07", Kinds: onFunds, Risk: 4, Name: words("先到账后签约", "Paid before signing"),
		About: words("到账日期早于签约日期，或早于项目公司注册日期。", "The money came before the contract, or before the project's company was registered."),
		look:  payment(early),
	},
	{
		Code: "R09", Kinds: onFunds, Risk: 2, Name: words("整数金额偏多", "Round amounts only"),
		About:  words("项目的各笔资金全是整数倍，真实凭证少见。", "All payments of the project are whole multiples, which is rare in real vouchers."),
		Limits: []Limit{{"payments", words("至少几笔", "Payments at least"), 2, 50, 4}, {"step", words("整数（万元）", "Multiple of, 10,000 yuan"), 1, 10_000, 20}},
		look:   payment(round),
	},
	{
		Code: "R10", Kinds: onFunds, Risk: 3, Name: words("年末突击", "Year-end spike"),
		About:  words("项目全年资金过多集中在 12 月。", "Too much of the project's year came in December."),
		Limits: []Limit{{"percent", words("12 月占全年（%）", "December's part of the year, per cent"), 10, 100, 40}, {"payments", words("至少几笔", "Payments at least"), 1, 50, 3}},
		look:   payment(december),
	},
	{
		Code: "R11", Kinds: onFunds, Risk: 4, Name: words("恰好完成目标", "Target hit to the point"),
		About:  words("这笔资金使本单位全年到位恰好等于目标。", "With it the unit's year meets its target almost to the yuan."),
		Limits: []Limit{{"slack", words("超出目标不到（万分之）", "Above the target by less than, of 10,000"), 1, 500, 20}},
		look:   payment(exact),
	},
	{
		Code: "R12", Kinds: onFunds, Risk: 5, Name: words("有资金无生产", "Money without work"),
		About: words("资金增长而用电量、参保人数始终为零。", "Funds grow while electricity and insured staff stay at zero."),
		look: payment(func(p *PaymentCase, _ limits) []fault.Words {
			if !p.PowerFlat {
				return nil
			}
			return say("最近的形象进度表里，用电量和参保人数都是零。", "The last progress sheets show no electricity and no insured staff.")
		}),
	},
	{
		Code: "R20", Kinds: onFunds, Risk: 5, Name: words("资金与进度不符", "Money ahead of the work"),
		About:  words("到位比例明显高于最近一期形象进度。", "The part of the contract received is well above the work done."),
		Limits: []Limit{{"points", words("相差（百分点）", "Apart by, points"), 5, 100, 30}},
		look:   payment(ahead),
	},
}

// payment makes a check of money silent where there is none.
func payment(look func(*PaymentCase, limits) []fault.Words) func(*Case, limits) []fault.Words {
	return func(c *Case, at limits) []fault.Words {
		if c.Payment == nil {
			return nil
		}
		return look(c.Payment, at)
	}
}

func circular(p *PaymentCase, at limits) []fault.Words {
	days, ok := daysBetween(p.ReceivedOn, p.BackOn)
	if p.Back == 0 || !ok || days > at.of("days") || p.Back/at.of("percent") < p.Amount/100 {
		return nil
	}
	return say(fmt.Sprintf("到账 %d 天后转出 %s，占 %d%%。", days, wan(p.Back), p.Back*100/max(p.Amount, 1)), fmt.Sprintf("%s left again after %d days, %d%% of it.", wanEN(p.Back), days, p.Back*100/max(p.Amount, 1)))
}

func payer(p *PaymentCase, at limits) []fault.Words {
	if p.Payer != "" && p.Payer == p.Payee {
		return say("付款方和收款方是同一家。", "Payer and payee are the same.")
	}
	for _, w := range at.words {
		if w != "" && strings.Contains(p.Payer, w) {
			return say("付款方名称含“"+w+"”，可能是本地国有平台或财政资金。", "The payer's name holds “"+w+"”: it may be a local state platform or public money.")
		}
	}
	return nil
}

func early(p *PaymentCase, _ limits) []fault.Words {
	if p.SignedOn != "" && p.ReceivedOn < p.SignedOn {
		return say("到账日期 "+p.ReceivedOn+" 早于签约日期 "+p.SignedOn+"。", "Received on "+p.ReceivedOn+", signed on "+p.SignedOn+".")
	}
	if p.Registered != "" && p.ReceivedOn < p.Registered {
		return say("到账日期 "+p.ReceivedOn+" 早于项目公司注册日期 "+p.Registered+"。", "Received on "+p.ReceivedOn+", the project's company was registered on "+p.Registered+".")
	}
	return nil
}

func round(p *PaymentCase, at limits) []fault.Words {
	step := at.of("step") * 1_000_000
	if int64(len(p.Amounts)) < at.of("payments") {
		return nil
	}
	for _, a := range p.Amounts {
		if a%step != 0 {
			return nil
		}
	}
	return say(fmt.Sprintf("本项目 %d 笔均为 %d 万元的整数倍。", len(p.Amounts), at.of("step")), fmt.Sprintf("All %d payments are whole multiples of %s.", len(p.Amounts), wanEN(step)))
}

func december(p *PaymentCase, at limits) []fault.Words {
	if len(p.ReceivedOn) < 7 || p.ReceivedOn[5:7] != "12" || p.Payments < at.of("payments") || p.Year <= 0 || p.December/at.of("percent") < p.Year/100 {
		return nil
	}
	return say(fmt.Sprintf("全年到位 %s，其中 12 月 %s，占 %d%%。", wan(p.Year), wan(p.December), percent(p.December, p.Year)),
		fmt.Sprintf("%s came in the year, %s of it in December, %d%%.", wanEN(p.Year), wanEN(p.December), percent(p.December, p.Year)))
}

func exact(p *PaymentCase, at limits) []fault.Words {
	if p.Target <= 0 || p.UnitYear < p.Target || p.UnitYear-p.Amount >= p.Target || (p.UnitYear-p.Target)/at.of("slack") >= p.Target/10_000 {
		return nil
	}
	return say(fmt.Sprintf("计入后本单位全年到位 %s，目标 %s，恰好完成。", wan(p.UnitYear), wan(p.Target)), fmt.Sprintf("With it the unit's year is %s against a target of %s: met to the point.", wanEN(p.UnitYear), wanEN(p.Target)))
}

func ahead(p *PaymentCase, at limits) []fault.Words {
	paid := percent(p.Total, p.Contract)
	if !p.HasBuilt || p.Contract <= 0 || paid-p.Built < at.of("points") {
		return nil
	}
	return say(fmt.Sprintf("到位资金占合同 %d%%，形象进度只有 %d%%。", paid, p.Built), fmt.Sprintf("%d%% of the contract was received; the work stands at %d%%.", paid, p.Built))
}

func percent(part, whole int64) int64 {
	if whole <= 0 {
		return 0
	}
	return part / max(whole/100, 1)
}

func daysBetween(from, to string) (int64, bool) {
	a, err := time.Parse(time.DateOnly, from)
	b, bad := time.Parse(time.DateOnly, to)
	if err != nil || bad != nil {
		return 0, false
	}
	return int64(b.Sub(a).Hours() / 24), true
}

func wan(fen int64) string { return fmt.Sprintf("%d.%02d 万元", fen/1_000_000, fen%1_000_000/10_000) }

func wanEN(fen int64) string {
	return fmt.Sprintf("¥%d.%02d × 10,000", fen/1_000_000, fen%1_000_000/10_000)
}
