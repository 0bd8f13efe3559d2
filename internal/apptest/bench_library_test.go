package apptest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/apptest"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/db/dbtest"
)

// libraryRows is how many companies BenchmarkLibrary loads; ZHUDIAN_BENCH_COMPANIES=1000000 for a province.
func libraryRows(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("ZHUDIAN_BENCH_COMPANIES"))
	if os.Getenv("ZHUDIAN_BENCH_COMPANIES") == "" {
		return 100_000
	}
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// The words invented names are made of. Two or three letters, a trade and a legal form, as registries hold them.
const (
	nameLetters = "华金天德盛宏通达科创信恒泰瑞祥和兴隆源鑫诚安康美佳利丰裕润泽宇航星辰海洋江山林森木石磊峰岭云雨雪梅兰竹菊松柏龙凤鹏鹰虎豹骏驰腾飞跃升高远博文思睿智慧明亮光辉晨曦晓东南西北中正大小长久永固坚强健力健壮伟业基业立本致远怡亚凌汐穗研启蓝岸鼎盈汇聚融众合同心万千百亿卓越优品味道香茗茶酒米禾田园农牧渔业医药康养康宁舒适乐居家乡故里城乡贵黔遵义安顺毕节铜仁凯里都匀兴义"
)

var (
	nameTrades = []string{
		"科技", "信息技术", "网络科技", "电子", "连接器", "光电", "半导体", "智能装备", "机械设备", "精密制造", "模具", "五金制品", "塑胶制品", "包装制品", "印刷", "照明",
		"新能源", "动力电池", "新材料", "化工", "生物科技", "医疗器械", "医药", "食品", "酒业", "茶业", "农业开发", "生态农业", "供应链管理", "物流", "国际货运代理", "贸易", "进出口",
		"商贸", "实业", "投资", "投资管理", "控股", "文化传播", "广告", "教育咨询", "企业管理咨询", "餐饮管理", "酒店管理", "旅游开发", "建筑工程", "装饰设计工程", "园林景观", "房地产开发",
		"环保科技", "检测技术", "软件", "数据服务", "家具", "服饰", "纺织", "珠宝首饰", "汽车零部件", "汽车服务", "空调设备",
	}
	nameForms  = []string{"有限公司", "有限公司", "有限公司", "有限公司", "有限公司", "有限责任公司", "股份有限公司", "集团有限公司", "（有限合伙）", "商行"}
	namePlaces = [][2]string{
		{"深圳市", "深圳市南山区"},
		{"深圳市", "深圳市宝安区"},
		{"广州市", "广州市天河区"},
		{"东莞市", "东莞市长安镇"},
		{"佛山市", "佛山市南海区"},
		{"贵阳", "贵阳市观山湖区"},
		{"贵州", "遵义市汇川区"},
		{"惠州市", "惠州市惠城区"},
		{"珠海", "珠海市香洲区"},
		{"中山市", "中山市火炬开发区"},
	}
)

// writeLibrary writes a table of n invented companies with the shape of a registry: uneven words, every form, a few
// organisations twice under slightly different names.
func writeLibrary(b *testing.B, file string, n int) {
	b.Helper()
	f, err := os.Create(file) //nolint:gosec // in the benchmark's own folder
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(out, "企业名称,统一社会信用代码,注册日期,企业类型,注册资本,登记状态,经营范围,所在省份,地区,注册地址")
	letters := []rune(nameLetters)
	seed := uint64(42)
	next := func(most int) int { // xorshift
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return int(seed % uint64(most)) //nolint:gosec // below most
	}
	uneven := func(most int) int { return min(next(most), next(most)) }
	for i := range n {
		place := namePlaces[uneven(len(namePlaces))]
		brand := []rune{letters[uneven(len(letters))], letters[uneven(len(letters))]}
		if next(3) > 0 {
			brand = append(brand, letters[next(len(letters))])
		}
		trade, form := nameTrades[uneven(len(nameTrades))], nameForms[next(len(nameForms))]
		name := place[0] + string(brand) + trade + form
		if next(7) == 0 {
			name = string(brand) + trade + "（" + place[0] + "）" + form
		}
		code := ""
		if i%50 > 0 {
			code = libraryCode(i)
		}
		fmt.Fprintf(out, "%s,%s,%04d-%02d-%02d,%s,%d万人民币,%s,\"%s的研发、设计、生产和销售；货物及技术进出口（依法须经批准的项目，经相关部门批准后方可开展经营活动）\",广东,,%s科技%d路%d号\n",
			name, code, 1990+next(30), 1+next(12), 1+next(28), "有限责任公司", 10*(1+next(10))*(1+next(100)), []string{"存续", "存续", "存续", "在业", "注销"}[next(5)], trade, place[1], next(97), i)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// libraryCode is a valid credit code for each number.
func libraryCode(n int) string {
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	weights := []int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	body := fmt.Sprintf("91440300MA%07d", n)
	sum := 0
	for i, r := range body {
		sum += weights[i] * bytes.IndexByte([]byte(letters), byte(r))
	}
	return body + string(letters[(31-sum%31)%31])
}

// searchMix is what people type: one letter, common and rare words, inner fragments, pinyin, initials, codes.
var searchMix = []string{
	"深", "公司", "科技", "有限", "怡亚", "怡亚通", "亞通", "华金", "天德盛", "盛宏", "连接器", "半导体", "动力电池", "酒业", "茶业", "深圳市华金", "华金科技有限公司", "深圳 科技", "贵州 酒业",
	"yyt", "yiyatong", "hj", "huajin", "jt", "tds", "shenzhen", "hjkj", "91440300MA0004711", "MA0099999", "91440300", "没有这家", "鑫诚安康", "康", "集团", "东莞 模具", "光", "商行", "xx", "zhongzheng", "dl",
}

// BenchmarkLibrary loads a library with the program itself, as the command line does, and measures on it what people
// wait for: searches, lists, likely duplicates.
func BenchmarkLibrary(b *testing.B) {
	rows := libraryRows(b)
	file := filepath.Join(b.TempDir(), "companies.csv")
	writeLibrary(b, file, rows)
	engines(b, func(b *testing.B, engine db.Engine) {
		p := place{dir: b.TempDir(), dsn: dbtest.DSN(b, engine)}
		zhudian(b, p, "migrate")
		took, peak := watched(b, exec.Command(builtProgram(b), p.args("import", "companies", file)...)) //nolint:gosec // the program under test
		b.Run("import", func(b *testing.B) {
			b.ReportMetric(took.Seconds(), "s")
			b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")
			b.ReportMetric(peak, "peak-MB")
			b.ReportMetric(0, "ns/op")
		})
		a, err := wire.Open(b.Context(), wire.Config{Data: p.dir, DSN: p.dsn})
		if err != nil {
			b.Fatal(err)
		}
		defer a.Close() //nolint:errcheck // thrown away
		if engine == db.Postgres {
			analyze(b, a.DB)
		}
		ctx := apptest.System()
		b.Run("search", func(b *testing.B) {
			var took []time.Duration
			slowest, worst := time.Duration(0), ""
			for b.Loop() {
				for _, q := range searchMix {
					begin := time.Now()
					if _, err := a.Company.Find(ctx, company.Find{Q: q}); err != nil {
						b.Fatal(err)
					}
					d := time.Since(begin)
					took = append(took, d)
					if d > slowest {
						slowest, worst = d, q
					}
				}
			}
			report(b, took)
			b.Logf("slowest: %q %v", worst, slowest)
		})
		for name, q := range map[string]company.Query{
			"first": {}, "city": {City: "440300"}, "name": {Sort: "name"}, "search": {Q: "科技"}, "search-city": {Q: "科技", City: "440300"}, "search-name": {Q: "半导体", Sort: "name"}, "total": {Total: true},
		} {
			b.Run("list/"+name, func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					begin := time.Now()
					if _, err := a.Company.List(ctx, q); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
				report(b, took)
			})
		}
		begin := time.Now()
		for more := true; more; {
			if more, err = a.Company.ComparePairs(ctx); err != nil {
				b.Fatal(err)
			}
		}
		compared := time.Since(begin)
		b.Run("pairs", func(b *testing.B) {
			b.ReportMetric(compared.Seconds(), "s")
			b.ReportMetric(0, "ns/op")
		})
		b.Run("suggest", func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				for _, name := range []string{"深圳市华金科技有限公司", "怡亚通供应链", "天德盛", "贵州茅", "华", "深圳市没有这一家电子有限公司", "金天科技（深圳）股份有限公司"} {
					begin := time.Now()
					if _, err := a.Company.Suggest(ctx, company.Suggest{Name: name}); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(begin))
				}
			}
			report(b, took)
		})
	})
}

// report gives the middle and the 95th percentile of some times.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*95/100]), "p95-ms")
}

// watched runs a program and gives how long it took and the most memory it had.
func watched(b *testing.B, cmd *exec.Cmd) (time.Duration, float64) {
	b.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	// what the kernel reports at the end would count this test's own memory, from before the program was loaded
	for peak := 0.0; ; {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatalf("%v\n%s", err, &said)
			}
			b.Log(said.String())
			return time.Since(begin), peak
		case <-time.After(20 * time.Millisecond):
			peak = max(peak, statusMB(cmd.Process.Pid, "VmHWM:"))
		}
	}
}
