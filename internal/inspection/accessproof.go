package inspection

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// knockLine is one line of the evidence of availability: a probe that was counted,
// or a vantage's vote on one.
type knockLine struct {
	at     time.Time
	ok     bool
	kind   string
	status int
	tookMS int64
	from   string // the vantage of a vote; empty: what was counted
	says   string // what became of the votes
}

// verdictNames are what became of the votes on an interval, in Chinese.
var verdictNames = map[string]string{"": "尚未计票", VerdictOK: "计为正常", VerdictFailed: "计为失败", VerdictSplit: "有监测点打得开，计为正常", VerdictAlone: "没有印证，不计"}

// accessEvidence keeps every probe and vote of the window that an availability
// was judged by: single ones are deleted after some weeks, the finding stands for
// years.
func (s *Service) accessEvidence(ctx context.Context, site registry.Site, a Availability) (engine.Evidence, error) {
	out := engine.Evidence{URL: s.address(site), At: s.db.Now()}
	if len(a.Days) == 0 {
		return out, nil
	}
	body, err := s.visitsAsCSV(ctx, site, a)
	if err != nil {
		return out, err
	}
	if out.Ref, err = s.blobs.Put(ctx, bytes.NewReader(body)); err != nil {
		return out, fmt.Errorf("inspection: keep the probes of a window: %w", err)
	}
	sum := sha256.Sum256(body)
	out.SHA256, out.Size = hex.EncodeToString(sum[:]), int64(len(body))
	out.Excerpt = fmt.Sprintf("%s至%s共访问%d次，失败%d次；每次访问的时间、地点和结果见证据文件。", a.Days[0].On, a.Days[len(a.Days)-1].On, a.Probes, a.Failures)
	return out, nil
}

func (s *Service) visitsAsCSV(ctx context.Context, site registry.Site, a Availability) ([]byte, error) {
	from, to := a.Days[0].On.Start(), a.Days[len(a.Days)-1].On.End()
	counted, err := db.All(ctx, s.probes, func(r db.Scanner) (knockLine, error) {
		var v knockLine
		err := r.Scan(&v.at, &v.ok, &v.kind, &v.status, &v.tookMS)
		return v, err
	}, `SELECT at, ok, kind, status, took_ms FROM probe WHERE site_id = $1 AND at >= $2 AND at < $3 ORDER BY at`, site.ID, from, to)
	if err != nil {
		return nil, err
	}
	votes, err := db.All(ctx, s.probes, func(r db.Scanner) (knockLine, error) {
		var v knockLine
		err := r.Scan(&v.at, &v.from, &v.ok, &v.kind, &v.status, &v.tookMS, &v.says)
		return v, err
	}, `SELECT slot, vantage_id, ok, kind, status, took_ms, verdict FROM probe_vote WHERE site_id = $1 AND slot >= $2 AND slot < $3 ORDER BY slot, vantage_id`, site.ID, from, to)
	if err != nil {
		return nil, err
	}
	places := map[string]string{OwnVantage: "本系统"}
	list, err := s.Vantages(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		if v.ID != OwnVantage {
			places[v.ID] = v.Name
			if v.Place != "" {
				places[v.ID] += "（" + v.Place + "）"
			}
		}
	}
	voted := make(map[int64]bool, len(votes))
	for _, v := range votes {
		voted[v.at.UnixNano()] = true
	}
	off, err := s.offlines(ctx, []registry.SiteID{site.ID})
	if err != nil {
		return nil, err
	}
	excused := map[calendar.Date]bool{}
	for _, d := range a.Days {
		excused[d.On] = d.Excused
	}
	single := map[calendar.Date]int{}
	for i := range counted {
		v := &counted[i]
		single[calendar.DateOf(v.at)]++
		v.from, v.says = "本系统", "计入"
		if voted[v.at.UnixNano()] {
			v.from, v.says = "各监测点", "计票结果，计入"
		}
		if excused[calendar.DateOf(v.at)] || withLeave(off[site.ID], v.at) {
			v.says = "已报备的下线，不计"
		}
	}
	for i := range votes {
		v := &votes[i]
		if name := places[v.from]; name != "" {
			v.from = name
		}
		v.says = verdictNames[v.says]
	}
	all := slices.Concat(votes, counted)
	slices.SortStableFunc(all, func(a, b knockLine) int { return a.at.Compare(b.at) })
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	rows := [][]string{{"网站", site.Name, s.address(site)}, {"日期", "访问次数", "失败次数", "说明"}}
	for _, d := range a.Days {
		says := ""
		switch {
		case d.Excused:
			says = d.Window + "内，不计"
		case d.Left > 0:
			says = fmt.Sprintf("%s时段的 %d 次不计", d.Window, d.Left)
		case single[d.On] < d.Probes:
			says = fmt.Sprintf("逐次记录留有 %d 次", single[d.On])
		}
		rows = append(rows, []string{d.On.String(), strconv.Itoa(d.Probes), strconv.Itoa(d.Failures), says})
	}
	rows = append(rows, []string{"时间", "地点", "结果", "状态码", "用时（毫秒）", "怎样计"})
	for _, v := range all {
		result := "打开"
		if !v.ok {
			result = "打不开"
			if v.kind != "" {
				result += "（" + v.kind + "）"
			}
		}
		rows = append(rows, []string{v.at.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), v.from, result, strconv.Itoa(v.status), strconv.FormatInt(v.tookMS, 10), v.says})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// accessRate is the check of availability (V-W-2).
const accessRate = "access.rate"
