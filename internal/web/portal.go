package web

import (
	"context"
	"net/url"

	"github.com/a-h/templ"
)

// PortalProps is the public shell.
type PortalProps struct {
	Title    string
	Site     string // 投资贵州
	Mark     string // one character of the mark: 黔
	Sub      string // 贵州省投资促进局 · Invest Guizhou
	DateLine string // 2020年12月24日 星期四
	Nav      []Tab
	Links    []Crumb // top line
	Crumbs   []Crumb
	Search   string // address of the search page
	Aside    templ.Component
	PrevNext templ.Component // bar at the bottom
	Foot     []Crumb         // last lines of the page
	Scripts  []string        // further modules under static
}

// ArticleProps is the head of a public article.
type ArticleProps struct {
	Title    string
	Date     string
	Source   string
	Size     string // small, normal, large
	SizeURL  func(size string) string
	Lang     string
	TraceOf  string // 数据截至 2020-12-15 · 省级认定
	TraceBy  string // 文中 16 个数字可查来历…
	Code     string // 溯源码
	CodeURL  string
	Withdrew string // said when the article was corrected or withdrawn
}

var articleSizes = []string{"small", "normal", "large"}

// SignInProps is the sign-in page: what is true on the left, the form (children) on the right.
type SignInProps struct {
	Title  string
	Sub    string
	Agency string
	Motto  []string // two lines
	Figure templ.Component
	Map    templ.Component
	Foot   string
}

func portalClass(ctx context.Context) string {
	if LargeType(ctx) {
		return "zd-portal zp-large"
	}
	return "zd-portal"
}

// hereWithoutLang is the address of this page as the reader's own language shows it.
func hereWithoutLang(ctx context.Context) string {
	u, err := url.Parse(here(ctx))
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Del("lang")
	u.RawQuery = q.Encode()
	return SafePath(u.RequestURI())
}
