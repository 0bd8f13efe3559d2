package verify

import (
	"fmt"

	"zhudian/internal/fault"
)

// contractRules look at signed contracts.
var contractRules = []Rule{
	{
		Code: "R13", Kinds: onContracts, Risk: 6, Name: words("疑似重复签约", "Possibly signed twice"),
		About:  words("别处有同名项目，或同一牵头企业另有金额相近的合同。", "A project of the same name elsewhere, or another contract of the same investor for about the same amount."),
		Limits: []Limit{{"percent", words("金额相差不到（%）", "Amounts apart by less than, per cent"), 0, 50, 20}, {"months", words("相隔不到（个月）", "Apart by less than, months"), 1, 60, 24}},
		look:   contract(twice),
	},
	{
		Code: "R14", Kinds: onContracts, Risk: 3, Name: words("注册资本远小于合同额", "Capital far below the contract"),
		About:  words("合同额是牵头企业注册资本的很多倍。", "The contract is many times the lead investor's capital."),
		Limits: []Limit{{"times", words("倍数", "Times"), 2, 10_000, 100}},
		look: contract(func(d *ContractCase, at limits) []fault.Words {
			if d.Capital <= 0 || d.Amount/d.Capital < at.of("times") {
				return nil
			}
			return say(fmt.Sprintf("牵头企业注册资本 %s，合同额是它的 %d 倍。", wan(d.Capital), d.Amount/d.Capital), fmt.Sprintf("The lead investor's capital is %s; the contract is %d times that.", wanEN(d.Capital), d.Amount/d.Capital))
		}),
	},
	{
		Code: "R15", Kinds: onContracts, Risk: 4, Name: words("空壳公司迹象", "Signs of a shell"),
		About:  words("公司刚成立就签约，或同一地址登记了很多家企业。", "The company was founded just before signing, or shares its address with many."),
		Limits: []Limit{{"days", words("成立不到（天）", "Founded less than, days"), 1, 365, 30}, {"firms", words("同址企业超过（家）", "Companies at the address, more than"), 1, 500, 10}},
		look:   contract(shell),
	},
	{
		Code: "R21", Kinds: onContracts, Risk: 6, Name: words("疑似单位错误", "Possibly the wrong unit"),
		About:  words("合同额和注册资本相差近一万倍，可能把万元写成了亿元。", "Contract and capital differ about ten thousand times: 万 and 亿 may be mixed up."),
		Limits: []Limit{{"times", words("相差倍数", "Times apart"), 1000, 10_000, 5000}},
		look: contract(func(d *ContractCase, at limits) []fault.Words {
			if d.Capital <= 0 || d.Amount <= 0 || d.Amount/d.Capital < at.of("times") && d.Capital/d.Amount < at.of("times") {
				return nil
			}
			return say("合同额 "+wan(d.Amount)+"，注册资本 "+wan(d.Capital)+"，请核对单位。", "The contract says "+wanEN(d.Amount)+", the capital "+wanEN(d.Capital)+"; check the unit.")
		}),
	},
}

func contract(look func(*ContractCase, limits) []fault.Words) func(*Case, limits) []fault.Words {
	return func(c *Case, at limits) []fault.Words {
		if c.Contract == nil {
			return nil
		}
		return look(c.Contract, at)
	}
}

func twice(d *ContractCase, at limits) []fault.Words {
	var out []fault.Words
	if d.SameName > 0 {
		out = append(out, words(fmt.Sprintf("别处另有 %d 个名称相同（写法不同）的项目。", d.SameName), fmt.Sprintf("%d projects elsewhere have the same name but for spelling.", d.SameName)))
	}
	similar := 0
	for _, x := range d.Alike {
		days, ok := daysBetween(x.SignedOn, d.SignedOn)
		if ok && max(days, -days) < at.of("months")*31 && max(x.Amount-d.Amount, d.Amount-x.Amount) <= d.Amount/100*at.of("percent") {
			similar++
		}
	}
	if similar > 0 {
		out = append(out, words(fmt.Sprintf("同一牵头企业 %d 个月内另有 %d 个金额相近（±%d%%）的签约项目。", at.of("months"), similar, at.of("percent")),
			fmt.Sprintf("The same lead investor has %d other contracts of similar amount (±%d%%) within %d months.", similar, at.of("percent"), at.of("months"))))
	}
	return out
}

func shell(d *ContractCase, at limits) []fault.Words {
	var out []fault.Words
	if days, ok := daysBetween(d.FoundedOn, d.SignedOn); ok && days < at.of("days") {
		out = append(out, words(fmt.Sprintf("公司成立于 %s，签约前不到 %d 天。", d.FoundedOn, at.of("days")), fmt.Sprintf("The company was founded on %s, less than %d days before signing.", d.FoundedOn, at.of("days"))))
	}
	if d.SameDoor > at.of("firms") {
		out = append(out, words(fmt.Sprintf("同一地址登记了 %d 家企业。", d.SameDoor), fmt.Sprintf("%d companies are registered at the same address.", d.SameDoor)))
	}
	return out
}
