package apptest_test

import (
	"io"
	"net/http"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/db"
)

// BenchmarkPortal asks for public pages as many readers do: the home page, an article and a list.
func BenchmarkPortal(b *testing.B) {
	engines(b, func(b *testing.B, engine db.Engine) {
		w := apptest.Open(b, engine)
		w.Live()
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: benchClients}}
		for name, path := range map[string]string{"home": "/portal/", "article": "/portal/articles/" + w.ID["article"], "list": "/portal/news?channel=results", "search": "/portal/news?q=" + apptest.Path("拜访")} {
			b.Run(name, func(b *testing.B) {
				together(b, func(_, _ int) {
					res, err := client.Get(w.URL + path)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
					if res.StatusCode != http.StatusOK {
						b.Error(res.Status)
					}
				})
			})
		}
	})
}
