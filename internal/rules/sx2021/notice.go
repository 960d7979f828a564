package sx2021

import (
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// NoticeDays is how long opening and closure notices must hang: Articles 7(4)
// 「保留时间不得少于30天」 and 8(3) 「公告信息至少保留30天」.
const NoticeDays = 30

// The rules about taking notices down.
var (
	OpeningNoticeDays = rule("S7.4c.days", "第七条（四）", "开通公告信息在首页显著位置悬挂且保留时间不得少于30天")
	ClosureNoticeDays = rule("S8.3c.days", "第八条（三）", "在首页显著位置悬挂关停迁移公告，公告信息至少保留30天")
	OfflineNoticeStay = rule("S8.1d.until_resumed", "第八条（一）", "临时下线公告信息在网站首页公告栏置顶悬挂")
)

// NoticeKind is what a notice announces.
type NoticeKind string

// The five notices of Articles 7 and 8.
const (
	OpeningNotice     NoticeKind = "opening"
	OfflineNotice     NoticeKind = "offline"
	ClosureNotice     NoticeKind = "closure"
	DestinationNotice NoticeKind = "destination"
)

// Place is where a notice hangs.
type Place string

// The places of readings 2.
const (
	OwnHome         Place = "own_home"         // the object's own home page, or the account itself
	LevelPortal     Place = "level_portal"     // home page of the same-level portal
	LevelAccount    Place = "level_account"    // account of the same level
	SuperiorPortal  Place = "superior_portal"  // home page of the superior portal
	SuperiorAccount Place = "superior_account" // account of the superior level
)

// Publisher is who must post a notice.
type Publisher string

// Publishers of readings 2.
const (
	BySponsor        Publisher = "sponsor"
	BySameLevel      Publisher = "same_level_office"
	BySuperiorOffice Publisher = "superior_office"
)

// Posting is one notice somebody owes: every place in All, and at least one of
// AnyOf when that is not empty.
type Posting struct {
	Publisher Publisher
	All       []Place
	AnyOf     []Place
	// Days is the least number of days it hangs; 0 means until the object is back.
	Days int
	// Pinned: at the top of the home-page notice bar.
	Pinned bool
	Clause string
}

// Noticed is the object a notice is about.
type Noticed struct {
	Object ObjectKind
	// OfGovernment: the portal or account of a government, not of a department.
	OfGovernment bool
	// IsLevelPortal: the object is itself the portal of its level, so the notice
	// goes to that level's account and the superior portal.
	IsLevelPortal bool
	// Top: of the provincial government itself, which has no superior inside the
	// regulation: Article 7(2) and (4) speak of cities and counties.
	Top bool
}

// Postings lists who must post a notice where and for how long (readings 2).
func Postings(k NoticeKind, n Noticed, s Settings) []Posting {
	level := []Place{LevelPortal, LevelAccount}
	if n.IsLevelPortal {
		level = []Place{LevelAccount, SuperiorPortal}
	}
	switch k {
	case OpeningNotice:
		if n.OfGovernment && n.Top {
			return nil
		}
		if n.OfGovernment {
			return []Posting{{Publisher: BySuperiorOffice, All: []Place{SuperiorPortal, SuperiorAccount}, Days: NoticeDays, Clause: "S7.4b"}}
		}
		return []Posting{{Publisher: BySameLevel, All: level, Days: NoticeDays, Clause: "S7.4b"}}
	case OfflineNotice:
		return []Posting{
			{Publisher: BySponsor, All: []Place{OwnHome}, Pinned: n.Object == Site, Clause: "S8.1d"},
			{Publisher: BySameLevel, AnyOf: level, Clause: "S8.1d"},
		}
	case ClosureNotice:
		return []Posting{{Publisher: BySponsor, All: []Place{OwnHome}, Days: NoticeDays, Clause: "S8.3c"}}
	case DestinationNotice:
		return []Posting{{Publisher: BySameLevel, AnyOf: level, Days: s.DestinationNoticeDays, Clause: "S8.3f"}}
	}
	return nil
}

var placeName = map[Place]string{
	OwnHome: "本网站（账号）", LevelPortal: "本级政府门户网站首页", LevelAccount: "本级政府政务新媒体",
	SuperiorPortal: "上级政府门户网站首页", SuperiorAccount: "上级政府政务新媒体",
}

// PlaceName is a place in Chinese.
func PlaceName(p Place) string { return placeName[p] }

// Missing names the places a posting still lacks, for a person to read; an
// alternative is one entry joined by 或.
func (p Posting) Missing(hung []Place) []string {
	has := map[Place]bool{}
	for _, h := range hung {
		has[h] = true
	}
	var out []string
	for _, place := range p.All {
		if !has[place] {
			out = append(out, placeName[place])
		}
	}
	if len(p.AnyOf) == 0 {
		return out
	}
	var names []string
	for _, place := range p.AnyOf {
		if has[place] {
			return out
		}
		names = append(names, placeName[place])
	}
	return append(out, strings.Join(names, "或"))
}

// HangUntil is the last day a notice must still hang. The day of first
// publication is not counted; each day proven absent (two fetches) adds one; a
// day that could not be tested counts as hung (readings 3). Absent days outside
// the period do not extend it.
func HangUntil(first calendar.Date, days int, absent []calendar.Date) calendar.Date {
	gone := map[calendar.Date]bool{}
	for _, d := range absent {
		gone[d] = true
	}
	last := first
	for days > 0 {
		last = last.AddDays(1)
		if gone[last] {
			delete(gone, last)
			continue
		}
		days--
	}
	return last
}

// CheckTakeDown applies the thirty days to a notice that is to come down on a
// day: it may from the day after HangUntil.
func CheckTakeDown(k NoticeKind, first calendar.Date, absent []calendar.Date, on calendar.Date) []rules.Breach {
	var r rules.Rule
	switch k {
	case OpeningNotice:
		r = OpeningNoticeDays
	case ClosureNotice:
		r = ClosureNoticeDays
	default:
		return nil
	}
	if first.IsZero() {
		return []rules.Breach{r.Breach("公告尚未发布，请先发布公告。")}
	}
	if until := HangUntil(first, NoticeDays, absent); !on.After(until) {
		return []rules.Breach{r.Breachf("公告须悬挂至%s（首次发布当日不计，缺失日顺延），请于次日起再撤下。", until.Chinese())}
	}
	return nil
}

// CheckOfflineNoticeDown keeps the offline notice up until the object is back.
func CheckOfflineNoticeDown(resumed bool) []rules.Breach {
	if resumed {
		return nil
	}
	return []rules.Breach{OfflineNoticeStay.Breach("网站（账号）尚未恢复，下线公告不能撤下；请先办理恢复。")}
}
