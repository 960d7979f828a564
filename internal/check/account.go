package check

import (
	"fmt"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/calendar"
	"zhengshu/internal/percent"
)

// AccountFacts are what is known of a new-media account, from its feed, an import or
// a person's receipt. Zero and empty parts are not known.
type AccountFacts struct {
	Name string // as in the ledger
	// Publishes says that the account is for publishing: only such ones are held
	// to V-M-2.1 (domain.md §1.3).
	Publishes bool
	// Unstated says that the ledger does not tell what the account is for: then
	// nobody knows whether it is held to V-M-2.1.
	Unstated bool
	// LastPost is the newest post known, LookedOn the newest day on which somebody, a
	// feed or a list looked: that nothing followed is known up to there.
	LastPost, LookedOn calendar.Date
	// LastOriginal is the newest post of its own, OwnLookedOn the newest day on which a
	// person said so. Posts and Originals count the window of OriginalDays, Untold
	// those of Posts of which nobody said whose they are; Posts is −1 when nothing
	// was said of any.
	LastOriginal, OwnLookedOn calendar.Date
	Posts, Originals, Untold  int
	// Interaction is yes or no: whether readers can comment or write.
	Interaction string
	// Client says that it is a mobile client, Usable (yes or no) whether it could
	// be fetched and used when somebody tried.
	Client bool
	Usable string
	// SeenName and SeenSubject are what the platform shows, Subject what the
	// ledger holds, Sponsor the sponsor's name.
	SeenName, SeenSubject, Subject, Sponsor string
	// NamesSponsor says that SeenSubject names the sponsor, NamesFormer that it names
	// it as it was called before.
	NamesSponsor, NamesFormer bool
	Source                    string // of what is known, in Chinese
	// PostDays and OriginalDays are the windows; zero: not given.
	PostDays, OriginalDays int
	// Stores are where a client is had.
	Stores []Store
}

// Store is one place where a client is had, with what asking for its address came
// to; State is empty before the first look.
type Store struct {
	Name, URL string
	State     LinkState
	Says      string
}

var accountChecks = []Check{
	{
		ID: "account.stale", Articles: []string{"V-M-2.1"}, Severity: Serious, AppliesTo: []string{OnAccount},
		Says:     Says{Fine: "账号在规定期限内有更新", Tolerated: "不是发布类账号，不要求定期更新", Wrong: "账号超过规定期限没有更新", HowToFix: "请立即更新；确实无力维护的，按程序整合或注销。"},
		Evidence: "最近一条信息的发布日期、网址或截图", run: accountStale,
	},
	{
		ID: "account.original", Articles: []string{"S12.4a"}, Severity: Advice, AppliesTo: []string{OnAccount},
		Says:     Says{Fine: "近期有原创信息", Tolerated: "不是发布类账号，不要求原创", Wrong: "长时间没有原创信息", HowToFix: "请结合本单位职能发布原创信息，提高原创比例。"},
		Evidence: "期内信息的数量和原创数量", run: accountOriginal,
	},
	{
		ID: "account.interaction", Articles: []string{"V-M-3.1", "S14.1d"}, Severity: Serious, AppliesTo: []string{OnAccount},
		Says:     Says{Fine: "开通了互动功能", Wrong: "没有提供有效的互动功能", HowToFix: "请开通留言、评论或私信，并安排专人回应。"},
		Evidence: "互动入口的截图", run: accountInteraction,
	},
	{
		ID: "account.subject", Articles: []string{"S9.2"}, Severity: Error, AppliesTo: []string{OnAccount},
		Says:     Says{Fine: "公开认证信息标明了主办单位", Tolerated: "标明的是主办单位的原名称", Wrong: "公开认证信息没有标明主办单位", HowToFix: "请在平台更正认证信息，标明主办单位名称；主办单位变更了的，更新台账并报主管单位备案。"},
		Evidence: "平台显示的认证主体", run: accountSubject,
	},
	{
		ID: "account.renamed", Articles: []string{"S9.1"}, Severity: Error, AppliesTo: []string{OnAccount},
		Says:     Says{Fine: "名称与台账一致", Wrong: "平台上的名称与台账不一致", HowToFix: "请核对是否改名：改名须按程序变更备案；不是本单位所改的，可能被冒用，请立即核实。"},
		Evidence: "平台显示的名称", run: accountRenamed,
	},
	{
		ID: "account.usable", Articles: []string{"V-M-2.2"}, Severity: Serious, AppliesTo: []string{OnAccount}, Objects: []Object{App},
		Says:     Says{Fine: "移动客户端可以下载和使用", Tolerated: "不是移动客户端，或者仍有下载地址可以打开", Wrong: "移动客户端无法下载或使用", HowToFix: "请恢复下载和使用，更新台账登记的下载地址；不再维护的，按程序注销并在各应用市场下架。"},
		Evidence: "各下载地址的请求时间和结果，试用的网址或截图", run: accountUsable,
	},
}

// OnAccount is the subject of the checks on accounts.
const OnAccount = "account"

func accountStale(c *Check, f *Facts) []Finding {
	a := f.Account
	switch {
	case a == nil:
		return nil
	case a.Unstated:
		return []Finding{c.untested("台账没有登记用途，不能判断是否为发布类账号", a.Name)}
	case !a.Publishes:
		return []Finding{c.tolerated("登记的用途不是发布类", a.Name)}
	case a.PostDays <= 0 || f.Today.IsZero():
		return []Finding{c.untested("没有给出检查期限", a.Name)}
	case a.LastPost.IsZero():
		return []Finding{c.untested("没有取得最近发布日期：没有订阅源、导入或接口报送的数据，也没有人工登记", a.Name)}
	case a.LastPost.AddDays(a.PostDays).Before(f.Today) && !a.LastPost.AddDays(a.PostDays).Before(a.LookedOn):
		return []Finding{c.untested(fmt.Sprintf("最近发布于 %s，%s没有人查看", a.LastPost, sinceLook(a.LastPost, a.LookedOn)), a.Name)}
	case a.LastPost.AddDays(a.PostDays).Before(f.Today):
		return []Finding{c.wrong(fmt.Sprintf("最近发布于 %s，已 %d 天，期限为 %d 天", a.LastPost, f.Today.Sub(a.LastPost), a.PostDays), a.Name)}
	}
	return []Finding{c.fine(a.Name)}
}

func accountOriginal(c *Check, f *Facts) []Finding {
	a := f.Account
	switch {
	case a == nil:
		return nil
	case a.Unstated:
		return []Finding{c.untested("台账没有登记用途，不能判断是否为发布类账号", a.Name)}
	case !a.Publishes:
		return []Finding{c.tolerated("登记的用途不是发布类", a.Name)}
	case a.OriginalDays <= 0 || f.Today.IsZero():
		return []Finding{c.untested("没有给出检查期限", a.Name)}
	case a.Posts < 0 && a.LastOriginal.IsZero():
		return []Finding{c.untested("没有取得原创情况", a.Name)}
	}
	late := a.LastOriginal.IsZero() || a.LastOriginal.AddDays(a.OriginalDays).Before(f.Today)
	if a.Posts < 0 {
		switch {
		case !late:
			return []Finding{c.fine(a.Name)}
		case !a.LastOriginal.AddDays(a.OriginalDays).Before(a.OwnLookedOn):
			return []Finding{c.untested(fmt.Sprintf("最近原创于 %s，%s没有人查看", a.LastOriginal, sinceLook(a.LastOriginal, a.OwnLookedOn)), a.Name)}
		}
		return []Finding{c.wrong(fmt.Sprintf("最近原创于 %s，已 %d 天", a.LastOriginal, f.Today.Sub(a.LastOriginal)), a.Name)}
	}
	detail := fmt.Sprintf("%d 天内发布 %d 条，", a.OriginalDays, a.Posts)
	told := a.Posts - a.Untold
	if a.Untold > 0 {
		detail += fmt.Sprintf("%d 条没有说明是否原创，", a.Untold)
	}
	if a.Originals == 0 && late && a.Untold > 0 {
		return []Finding{c.untested(strings.TrimRight(detail, "，"), a.Name)}
	}
	if a.Untold > 0 {
		detail += fmt.Sprintf("说明了的 %d 条中原创 %d 条", told, a.Originals)
	} else {
		detail += fmt.Sprintf("其中原创 %d 条", a.Originals)
	}
	if told > 0 {
		detail += "（占 " + percent.Of(a.Originals, told).Text(0) + "）"
	}
	if a.Originals == 0 && late {
		return []Finding{c.wrong(detail, a.Name)}
	}
	return []Finding{c.finding(Kept, c.Says.Fine+"："+detail+"。", a.Name, "")}
}

// sinceLook is since when nobody has looked at an account, in Chinese.
func sinceLook(post, looked calendar.Date) string {
	if looked.After(post) {
		return looked.String() + " 以后"
	}
	return "此后"
}

func accountInteraction(c *Check, f *Facts) []Finding {
	a := f.Account
	switch {
	case a == nil:
		return nil
	case a.Interaction == "yes":
		return []Finding{c.fine(a.Name)}
	case a.Interaction == "no":
		return []Finding{c.wrong("", a.Name)}
	}
	return []Finding{c.untested("没有登记互动情况", a.Name)}
}

func accountSubject(c *Check, f *Facts) []Finding {
	a := f.Account
	switch {
	case a == nil:
		return nil
	case a.SeenSubject == "":
		return []Finding{c.untested("没有登记平台显示的认证主体", a.Name)}
	case a.Sponsor == "":
		return []Finding{c.untested("不知道主办单位的名称", a.Name)}
	}
	// That the ledger holds another text is told beside; it is no breach of the account.
	ledger := ""
	if a.Subject != "" && !SameName(a.SeenSubject, a.Subject) {
		ledger = "；台账登记的认证主体为“" + a.Subject + "”，请核对台账"
	}
	switch {
	case a.NamesSponsor && ledger == "":
		return []Finding{c.fine(a.Name)}
	case a.NamesSponsor:
		return []Finding{c.finding(Kept, c.Says.Fine+"：平台显示“"+a.SeenSubject+"”"+ledger+"。", a.Name, "")}
	case a.NamesFormer:
		return []Finding{c.tolerated("平台显示“"+a.SeenSubject+"”，主办单位现为“"+a.Sponsor+"”，请更新认证信息"+ledger, a.Name)}
	}
	return []Finding{c.wrong("平台显示“"+a.SeenSubject+"”，主办单位为“"+a.Sponsor+"”"+ledger, a.Name)}
}

// SameName reports whether a name or subject as a platform shows it is the one on
// record: platforms set blanks of their own.
func SameName(seen, record string) bool { return noBlanks(seen) == noBlanks(record) }

func accountRenamed(c *Check, f *Facts) []Finding {
	a := f.Account
	switch {
	case a == nil:
		return nil
	case a.SeenName == "":
		return []Finding{c.untested("没有登记平台显示的名称", a.Name)}
	case !SameName(a.SeenName, a.Name):
		return []Finding{c.wrong("平台显示“"+a.SeenName+"”，台账为“"+a.Name+"”", a.Name)}
	}
	return []Finding{c.fine(a.Name)}
}

// accountUsable asks whether a client can be had and used. Whether it can be had a
// request tells; whether it works only a person who tried it.
func accountUsable(c *Check, f *Facts) []Finding {
	a := f.Account
	if a == nil {
		return nil
	}
	if !a.Client {
		return []Finding{c.tolerated("台账登记的不是移动客户端", a.Name)}
	}
	var dead, alive, silent []string
	for _, s := range a.Stores {
		switch s.State {
		case LinkDead, LinkSoft404:
			dead = append(dead, "“"+abridge.Text(s.Name, 40)+"”"+strings.TrimRight(s.Says, "。"))
		case LinkAlive:
			alive = append(alive, s.Name)
		default:
			silent = append(silent, "“"+abridge.Text(s.Name, 40)+"”"+strings.TrimRight(s.Says, "。"))
		}
	}
	switch {
	case a.Usable == "no":
		return []Finding{c.wrong("值班人员试用时不能下载或使用", a.Name)}
	case len(dead) > 0 && len(alive)+len(silent) == 0:
		return []Finding{c.wrong("台账登记的下载地址都打不开，"+strings.Join(dead, "、"), a.Name)}
	case len(dead) > 0 && len(alive) > 0:
		return []Finding{c.tolerated(strings.Join(dead, "、")+"，请更新台账", a.Name)}
	case a.Usable == "yes":
		return []Finding{c.fine(a.Name)}
	case len(a.Stores) == 0:
		return []Finding{c.untested("台账没有登记下载地址，也没有人登记试用情况", a.Name)}
	case len(alive) > 0:
		return []Finding{c.untested("下载地址可以打开，能否使用还没有人登记", a.Name)}
	case len(dead) > 0:
		return []Finding{c.untested(strings.Join(dead, "、")+"，其余地址没有取得结果", a.Name)}
	}
	return []Finding{c.untested("下载地址没有取得结果："+strings.Join(silent, "、"), a.Name)}
}
