package lookalike

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/realdata"
)

func portals(t testing.TB, dir string) []string {
	f, err := os.Open(filepath.Join(dir, "02_gov_sites/portals.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := -1
	for i, h := range rows[0] {
		if strings.TrimPrefix(h, "\ufeff") == "host" {
			col = i
		}
	}
	var out []string
	for _, row := range rows[1:] {
		if row[col] != "" {
			out = append(out, row[col])
		}
	}
	return out
}

func TestLabelledHosts(t *testing.T) {
	dir := realdata.Path(t, ".", "precision and recall on labelled hosts")
	m := New(portals(t, dir))
	f, err := os.Open(filepath.Join(dir, "09_lookalike/hosts_labelled.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tp, fp, fn, named int
	by := map[string][2]int{}
	start, n := time.Now(), 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var r struct{ Host, Label, Imitates, Technique string }
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		v := m.Check(r.Host)
		switch {
		case r.Label != "lookalike" && v.Lookalike:
			fp++
			t.Logf("false alarm: %s taken for %s (%s)", r.Host, v.Imitates, v.Technique)
		case r.Label == "lookalike":
			c := by[r.Technique]
			c[1]++
			if v.Lookalike {
				tp++
				c[0]++
				if strings.TrimPrefix(v.Imitates, "www.") == strings.TrimPrefix(r.Imitates, "www.") {
					named++
				}
			} else {
				fn++
				t.Logf("missed: %s (%s of %s)", r.Host, r.Technique, r.Imitates)
			}
			by[r.Technique] = c
		}
	}
	precision, recall := float64(tp)/float64(tp+fp), float64(tp)/float64(tp+fn)
	t.Logf("precision %.4f recall %.4f (tp %d fp %d fn %d), imitated host named in %d; %d hosts in %v; by technique %v",
		precision, recall, tp, fp, fn, named, n, time.Since(start), by)
	if precision < 0.98 || recall < 0.95 {
		t.Errorf("precision %.4f, recall %.4f: below 0.98 and 0.95", precision, recall)
	}
}

func TestCheck(t *testing.T) {
	m := New([]string{"www.baishui.gov.cn", "www.sxhanyin.gov.cn", "https://san-he.gov.cn/index.html", "陕西.政务", "10.0.0.1", "www.gov.hk", "oursite.com", ""})
	for _, c := range []struct{ host, imitates, technique string }{
		{"www.baishui.gov.cn", "", ""},
		{"WWW.Baishui.GOV.cn.", "", ""},
		{"jyj.baishui.gov.cn", "", ""},
		{"www.baishuj.gov.cn", "", ""}, // gov.cn is given out on proof: a neighbour, not an impostor
		{"img.oursite.com", "", ""},
		{"10.0.0.1", "", ""},
		{"[::1]:80", "", ""},
		{"localhost", "", ""},
		{"gov.cn", "", ""},
		{"www.gov.uk", "", ""},
		{"陕西.政务", "", ""},
		{"西安.公益", "", ""},
		{"www.government.com", "", ""},
		{"g0v.tw", "", ""},
		{"baidu.com", "", ""},
		{"baishui.edu.cn", "", ""},
		{"baishui-gov.cn", "www.baishui.gov.cn", TechniqueHyphen},
		{"gov-baishui.com", "www.baishui.gov.cn", TechniqueHyphen},
		{"www.baishuigov.cn", "www.baishui.gov.cn", TechniqueMissingDot},
		{"baishui.gov.cn.top", "www.baishui.gov.cn", TechniqueGovSubdomain},
		{"www.baishui.gov-cn.com", "www.baishui.gov.cn", TechniqueGovSubdomain},
		{"baishui-gov.example.com", "www.baishui.gov.cn", TechniqueGovSubdomain},
		{"baishui.gov.cc", "www.baishui.gov.cn", TechniqueTLD},
		{"baishui.com.cn", "www.baishui.gov.cn", TechniqueSecondLevel},
		{"baishui.g0v.cn", "www.baishui.gov.cn", TechniqueGovTypo},
		{"baishui.gоv.cn", "www.baishui.gov.cn", TechniqueGovTypo}, // Cyrillic о
		{"baishuui.com.cn", "www.baishui.gov.cn", TechniqueRepetition},
		{"baishi.com.cn", "www.baishui.gov.cn", TechniqueOmission},
		{"biashui-gov.com", "www.baishui.gov.cn", TechniqueTransposition},
		{"baishai-gov.com", "www.baishui.gov.cn", TechniqueReplacement},
		{"ba1shui.com.cn", "www.baishui.gov.cn", TechniqueASCII},
		{"daishui.com.cn", "www.baishui.gov.cn", TechniqueASCII},
		{"bаishui.com", "www.baishui.gov.cn", TechniqueIDN}, // Cyrillic а
		{"ｂａｉｓｈｕｉ.com.cn", "www.baishui.gov.cn", TechniqueSecondLevel},
		{"zwfw-baishui.top", "www.baishui.gov.cn", TechniqueService},
		{"login-baishui.com", "www.baishui.gov.cn", TechniqueService},
		{"sanhe-gov.cn", "san-he.gov.cn", TechniqueHyphen},
		{"陕西政务.cn", "陕西.政务", TechniqueChinese},
		{"陕西.com", "陕西.政务", TechniqueTLD},
		{"峡西政务.cn", "陕西.政务", TechniqueIDN},
		{"白水县人民政府.com", "baishuixian.gov.cn", TechniqueChinese},
		{"zhidan-gov.cn", "zhidan.gov.cn", TechniqueHyphen}, // a county that nobody listed
	} {
		v := m.Check(c.host)
		if v.Host != c.host || v.Lookalike != (c.technique != "") || v.Imitates != c.imitates || v.Technique != c.technique {
			t.Errorf("Check(%q) = %+v, want imitates %q by %q", c.host, v, c.imitates, c.technique)
		}
	}
}

func TestPacksRefuseUnknownFields(t *testing.T) {
	if _, err := readPacks([]byte(`{"id":"x","version":"1","source":"s","effective":"2026-01-01","nonsense":1}`)); err == nil {
		t.Error("an unknown field was let pass")
	}
	if _, err := readPacks([]byte(`{"id":"x"}`)); err == nil {
		t.Error("an incomplete header was let pass")
	}
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"www.baishui.gov.cn", "xn--aqiao-0jb.com", "xn--", "..", "白水县人民政府.com", "gov.cn.gov.cn", "a.gov.cn.top:80/x", "\xff", "https://u@h-gov.cn/", "gov", "-gov-.cn"} {
		f.Add(s)
	}
	m := New([]string{"www.baishui.gov.cn", "陕西.政务"})
	f.Fuzz(func(t *testing.T, host string) {
		v := m.Check(host)
		if v.Host != host || v.Lookalike != (v.Technique != "") || v.Lookalike && v.Imitates == "" {
			t.Errorf("Check(%q) = %+v", host, v)
		}
		if len(host) > maxHost && v.Lookalike {
			t.Errorf("a host of %d bytes was judged", len(host))
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	m := New(portals(b, realdata.Path(b, ".", "precision and recall on labelled hosts")))
	hosts := []string{"www.xuanwei-gov.cn", "www.example.com", "xn--aqiao-0jb.com", "beijjing.com.cn"}
	for i := 0; b.Loop(); i++ {
		m.Check(hosts[i%len(hosts)])
	}
}
