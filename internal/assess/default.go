package assess

import (
	"slices"

	"zhudian/internal/ledger"
	"zhudian/internal/org"
)

// Defaults are the schemes that come with the program, each as version 1: money and work on the ground weigh more than
// signatures. What the ledger does not hold yet stands in them with its reason.
var Defaults = []Plan{countyPlan, teamPlan}

var (
	fiveHundreds = []string{"tag:world500", "tag:china500", "tag:private500"}
	strong       = append(slices.Clone(fiveHundreds), "tag:listed", "tag:little_giant", "tag:champion")
	industrial   = []string{"industry:B", "industry:C", "industry:D"}
)

var countyPlan = Plan{
	Code: "county", Kind: "county", Name: words("县区年度考评", "Counties, yearly"),
	Groups: []Grouping{
		{Name: words("省会区市县", "The capital's districts"), Under: []string{"520100"}},
		{Name: words("市辖区和县级市", "Districts and county-level cities"), Ends: []string{"区", "市"}},
		{Name: words("县", "Counties")},
	},
	Indicators: []Indicator{
		{Key: "funds", Name: words("到位资金完成率", "Funds received against target"), Weight: 25, Top: of("funds.received"), Target: "funds.received"},
		{Key: "industry", Name: words("工业到位资金占比", "Industry's part of the funds"), Weight: 8, Top: of("funds.received", industrial...), Bottom: of("funds.received"), Goal: 60},
		{Key: "strong", Name: words("引进优强企业完成率", "Strong enterprises against target"), Weight: 12, Top: of("project.signed", strong...), Target: strongTarget},
		{Key: "contract", Name: words("正式合同投资额完成率", "Contracts against target"), Weight: 8, Top: of("contract.amount"), Target: "contract.amount"},
		{Key: "duty", Name: words("履约率", "Obligations met"), Weight: 6, Top: of("promise.kept"), Bottom: of("promise.due")},
		{Key: "funded", Name: words("资金到位率（签约 12–24 个月的项目）", "Funds of contracts 12 to 24 months old"), Weight: 8, Top: of("funds.received"), Bottom: of("contract.amount"), Goal: 50, Cohort: true},
		{Key: "started", Name: words("开工率（签约 12–24 个月的项目）", "Starts of projects signed 12 to 24 months ago"), Weight: 10, Top: of("project.started"), Bottom: of("project.signed"), Goal: 80, Cohort: true},
		{Key: "produced", Name: words("投产率（签约 12–24 个月的项目）", "Production of projects signed 12 to 24 months ago"), Weight: 8, Top: of("project.produced"), Bottom: of("project.signed"), Cohort: true},
		{Key: "chain", Name: words("主导产业契合度", "Projects in declared chains"), Weight: 5, Top: of("project.signed", "chain:*"), Bottom: of("project.signed")},
		{Key: "service", Name: words("贵人服务按期办结率", "Requests answered in time"), Weight: 4, Top: of("ticket.closed", "tag:"+ledger.TagInTime), Bottom: of("ticket.closed")},
		{Key: "satisfied", Name: words("投资者满意率", "Satisfied investors"), Weight: 2, Top: of("ticket.closed", "tag:"+ledger.TagSatisfied), Bottom: of("ticket.closed", "tag:"+ledger.TagRated)},
		{Key: "checked", Name: words("数据抽查合格率", "Spot checks passed"), Weight: 3, Top: of("check.passed"), Bottom: of("check.done")},
		{Key: "timely", Name: words("数据及时率", "Facts filed in time"), Weight: 1, Top: of("fact.in_time"), Bottom: of("fact.filed")},
	},
	Bonus: []Extra{
		{Key: "five_hundred", Name: words("三类 500 强项目", "Projects of the three 500 lists"), Each: 200, Most: 400, Count: of("project.signed", fiveHundreds...)},
		{Key: "passed_on", Name: words("跨县输送被承接", "Projects passed on and accepted"), Each: 100, Most: 300, Count: of("sending.accepted")},
		{Key: "referral", Name: words("以商招商落地", "Signed through referrals"), Each: 100, Most: 300, Count: of("referral.signed")},
	},
	Deductions: []Extra{
		{Key: "false", Name: words("查实的虚假数据", "Confirmed false entries"), Each: 200, Found: "false_entry", Clears: "checked"},
		{Key: "unstarted", Name: words("签约 12–24 个月仍未开工的项目", "Projects signed 12 to 24 months ago and not started"), Each: 30, Count: of("project.signed"), Less: of("project.started"), Cohort: true},
		{Key: "late", Name: words("超期办结的诉求", "Requests answered late"), Each: 10, Count: of("ticket.closed"), Less: of("ticket.closed", "tag:"+ledger.TagInTime)},
	},
	Vetoes: []Veto{{Key: "unlawful", Name: words("违规出台或兑现优惠政策", "Unlawful preferential policies"), Found: "unlawful_policy"}},
}

var teamPlan = Plan{
	Code: "team", Kind: "team", Name: words("驻点队伍考评", "Stationed teams"),
	Groups: []Grouping{
		{Name: words("省、市州队伍", "Teams of the province and prefectures"), Kinds: []org.Kind{org.Province, org.City}},
		{Name: words("县区队伍", "Teams of counties"), Kinds: []org.Kind{org.County}},
		{Name: words("其他队伍", "Other teams")},
	},
	Indicators: []Indicator{
		{Key: "visit", Name: words("有效拜访", "Visits"), Weight: 15, Top: of("visit.enterprise"), Target: "visit.enterprise"},
		{Key: "lead", Name: words("有效线索", "Qualified leads"), Weight: 15, Top: of("lead.qualified"), Target: "lead.qualified"},
		{Key: "tour", Name: words("促成赴黔考察", "Tours brought about"), Weight: 15, Top: of("tour"), Target: "tour"},
		{Key: "signed", Name: words("正式签约个数", "Contracts signed"), Weight: 10, Top: credited("project.signed"), Target: "project.signed"},
		{Key: "amount", Name: words("正式签约金额", "Amount of the contracts"), Weight: 10, Top: credited("contract.amount"), Target: "contract.amount"},
		{Key: "funds", Name: words("归属到位资金", "Funds credited"), Weight: 15, Top: credited("funds.received"), Target: "funds.received"},
		{Key: "started", Name: words("落地开工转化", "Starts of signed projects"), Weight: 8, Top: credited("project.started"), Bottom: credited("project.signed")},
		{Key: "library", Name: words("资源库贡献与以商招商", "Library and referrals"), Weight: 6, NoData: words("资源库贡献不是台账度量", "work on the library is no measure of the ledger")},
		{Key: "handover", Name: words("轮换交接完整率", "Complete hand-overs"), Weight: 3, Top: of("handover.complete"), Bottom: of("handover.asked")},
		{Key: "order", Name: words("纪律与报告", "Discipline and reports"), Weight: 3, NoData: words("考勤和报告不在本系统核实", "attendance and reports are not verified here")},
	},
}
