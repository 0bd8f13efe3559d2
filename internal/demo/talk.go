package demo

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// talk is what an officer writes of a visit: who, what they make, what they ask, what comes next. It follows from the
// company and the day alone, so that two officers do not write the same, nor one officer twice.
func talk(o outing) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(o.firm.name + o.day + o.team))
	rng := rand.New(rand.NewPCG(h.Sum64(), seed)) //nolint:gosec // texts of a demo
	if o.firm.kind == "association" {
		return fmt.Sprintf(pick(rng, hosts), rng.IntN(300)+40) + pick(rng, offers) + pick(rng, nexts)
	}
	return pick(rng, openings) + fmt.Sprintf(pick(rng, makes), rng.IntN(90)+10) + fmt.Sprintf(pick(rng, asks), rng.IntN(40)+5) + pick(rng, nexts)
}

var (
	hosts = []string{
		"秘书长接待，协会有会员企业 %d 家。", "与会长座谈，会员 %d 家，多数在宝安和龙岗。", "副会长介绍了 %d 家会员的转移意愿。", "协会刚换届，登记会员 %d 家。", "参加了协会例会，到会 %d 人。",
	}
	offers = []string{
		"愿意组织会员赴黔考察。", "答应提供会员名册，先推荐十家。", "希望我们在年会上作一次推介。", "会员最关心用工和电价。", "提出可以一起办一场产业对接会。", "建议按产业链分批拜访。", "已有会员在贵州设厂，愿意牵线。",
	}
	openings = []string{
		"总经理接待。", "董事长出面，谈了一个多小时。", "只见到行政负责人，留了资料。", "副总陪同看了车间。", "在会议室介绍了我们的园区。", "对方刚搬到新楼。", "厂长带我们走了一遍生产线。", "负责投资的经理接待。", "老板是贵州人。",
	}
	makes = []string{
		"主营连接器，月产 %d 万只。", "做注塑件，现有设备 %d 台。", "出口订单占 %d%%。", "员工 %d 人，旺季要再招。", "厂房租约还有 %d 个月。", "去年产值约 %d00 万元。", "给整车厂供货，份额约 %d%%。", "做食品代工，有 %d 条线。", "以研发为主，有专利 %d 项。", "产品七成卖到西南，年销 %d0 万件。",
	}
	asks = []string{
		"关心电价，每月用电约 %d 万度。", "要厂房 %d00 平方米，层高八米以上。", "问用工，要普工 %d0 人。", "担心物流，每月发货 %d 柜。", "想要地，约 %d 亩。", "问环评，日排水 %d 吨。", "问能不能配蒸汽，每小时 %d 吨。", "比较了三个省，投资约 %d00 万元。", "暂时没有计划，最快要 %d 个月以后。", "问奖补怎么兑现，上次在外省等了 %d 个月。",
	}
	nexts = []string{
		"约定下周再谈。", "愿意年内去看看。", "请我们发园区清单。", "等董事会讨论。", "参加下一场推介会。", "介绍了一家上游企业。", "要一份成本测算。", "留了联系方式。", "想先看两个县。", "希望县里领导来一趟。",
	}
)
