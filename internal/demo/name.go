package demo

import (
	"fmt"
	"math/rand/v2"
)

// The words invented names are made of. No combination is meant to be a real company.
var (
	brandA = []string{"凌", "佳", "宏", "穗", "鹏", "科", "亿", "恒", "启", "蓝", "联", "锐", "泰", "微", "和", "智", "盛", "峰", "晟", "瑞", "昇", "明", "丰", "远", "嘉", "拓", "铭", "翔", "辰", "维"}
	brandB = []string{"汐", "泰", "图", "丰", "达", "远", "能", "晟", "源", "岸", "兴", "峰", "昌", "构", "盛", "纺", "耀", "岚", "朗", "腾", "越", "川", "域", "创", "森", "航", "泽", "卓", "辉", "凯"}
	trades = []struct {
		word, industry string // industry of GB/T 4754 with its section letter
	}{
		{"精密", "C34"},
		{"电子", "C39"},
		{"智能装备", "C35"},
		{"连接器", "C38"},
		{"照明", "C38"},
		{"包装", "C23"},
		{"模具", "C35"},
		{"医疗器械", "C35"},
		{"线路", "C39"},
		{"新能源", "C38"},
		{"传感", "C40"},
		{"光电", "C39"},
		{"塑胶", "C29"},
		{"五金", "C33"},
		{"纺织", "C17"},
		{"服装", "C18"},
		{"家具", "C21"},
		{"食品", "C14"},
		{"生物医药", "C27"},
		{"新材料", "C30"},
		{"汽车零部件", "C36"},
		{"环保", "N77"},
		{"软件", "I65"},
		{"供应链", "G58"},
		{"物流", "G59"},
		{"文旅", "R90"},
		{"农业科技", "A01"},
		{"商贸", "F51"},
		{"电子商务", "F51"},
		{"数据", "I65"},
		{"建设", "E48"},
		{"投资", "J67"},
		{"设计", "M74"},
		{"餐饮管理", "H62"},
		{"酒店管理", "H61"},
		{"教育", "P83"},
		{"健康管理", "Q84"},
		{"文化传播", "R86"},
		{"园林", "E48"},
		{"地产运营", "K70"},
	}
	districts = []struct{ name, code string }{
		{"福田区", "440304"},
		{"罗湖区", "440303"},
		{"南山区", "440305"},
		{"宝安区", "440306"},
		{"龙岗区", "440307"},
		{"盐田区", "440308"},
		{"龙华区", "440309"},
		{"坪山区", "440310"},
		{"光明区", "440311"},
	}
	streets  = []string{"科苑路", "深南大道", "福华路", "梅林路", "布吉路", "宝安大道", "龙岗大道", "民治大道", "坪山大道", "光明大道", "海天路", "留仙大道", "笋岗路", "前进路"}
	surnames = []string{"杨", "任", "周", "吴", "龙", "田", "冉", "罗", "陈", "张", "李", "王", "刘", "黄", "石", "潘", "韦", "姚", "安", "谢", "唐", "彭", "邓", "何", "江", "梁", "蒋", "莫", "欧", "代"}
	given    = []string{"昌", "慧", "书", "文", "启", "明", "倩", "家", "瑞", "野", "光", "晓", "丽", "国", "强", "海", "燕", "俊", "杰", "雪", "梅", "成", "志", "勇", "芳", "敏", "静", "涛", "鹏", "洁", "琳", "波", "宇", "欣", "悦"}
	halls    = []string{"电子", "机械", "家具", "服装", "食品", "物流", "新能源", "软件", "医药", "包装", "模具", "照明", "塑胶", "五金", "珠宝", "文化", "环保", "农业", "旅游", "建材"}
	homes    = []string{"湖南", "江西", "湖北", "四川", "重庆", "广西", "福建", "浙江", "安徽", "河南", "贵州", "遵义", "毕节", "铜仁", "黔东南", "潮汕", "客家", "梅州", "茂名", "湛江"}
)

// namer makes names that do not repeat.
type namer struct {
	rng  *rand.Rand
	used map[string]bool
}

func newNamer(rng *rand.Rand) *namer { return &namer{rng, map[string]bool{}} }

// fresh draws until a name is new.
func (n *namer) fresh(draw func() string) string {
	for {
		s := draw()
		if !n.used[s] {
			n.used[s] = true
			return s
		}
	}
}

// company gives a name, its industry and whether that is industrial (sections B, C and D).
func (n *namer) company(city string, industrial *bool) (name, industry string) {
	for {
		t := pick(n.rng, trades)
		if industrial != nil && (t.industry[0] == 'C') != *industrial {
			continue
		}
		name = n.fresh(func() string {
			brand := pick(n.rng, brandA) + pick(n.rng, brandB)
			if n.rng.IntN(3) == 0 {
				brand += pick(n.rng, brandB)
			}
			form := "有限公司"
			if n.rng.IntN(8) == 0 {
				form = "股份有限公司"
			}
			if n.rng.IntN(3) == 0 {
				return brand + t.word + "（" + city + "）" + form
			}
			return city + "市" + brand + t.word + form
		})
		return name, t.industry
	}
}

func (n *namer) association(city string) string {
	return n.fresh(func() string {
		switch n.rng.IntN(4) {
		case 0:
			return city + "市" + pick(n.rng, homes) + "商会"
		case 1:
			return city + "市" + pick(n.rng, brandA) + pick(n.rng, brandB) + pick(n.rng, halls) + "行业协会"
		case 2:
			return city + "市" + pick(n.rng, districts).name + pick(n.rng, halls) + pick(n.rng, []string{"", "产业", "技术"}) + "协会"
		}
		return city + pick(n.rng, homes) + pick(n.rng, halls) + pick(n.rng, []string{"企业家", "青年企业家", "同乡企业"}) + "联合会"
	})
}

func (n *namer) person() string {
	return n.fresh(func() string {
		s := pick(n.rng, surnames) + pick(n.rng, given)
		if n.rng.IntN(4) != 0 {
			s += pick(n.rng, given)
		}
		return s
	})
}

// creditDigits are the characters of a unified social credit code, in the order of their values.
const creditDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var creditWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// creditCode makes a code with a right check digit from a number of our own.
func creditCode(region string, n int) string {
	body := fmt.Sprintf("91%sMX%07d", region, n)
	sum := 0
	for i, c := range body {
		for v, d := range creditDigits {
			if c == d {
				sum += v * creditWeights[i]
			}
		}
	}
	return body + string(creditDigits[(31-sum%31)%31])
}
