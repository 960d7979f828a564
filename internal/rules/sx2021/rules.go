package sx2021

import "zhengshu/internal/rules"

// Rules lists every rule of the regulation, in the order of the articles. A
// test finds any rule left out.
func Rules() []rules.Rule {
	return []rules.Rule{
		// Article 2
		SiteHolder, PortalHolder, DeptSiteHolder, AccountHolder,
		InternalParent,
		// Article 3
		JudgeNotOperator, SponsorNotOperator,
		// Article 4
		RootSupervisor, OneSupervisor,
		// Article 6
		SiteSponsor, AccountSponsor, OperatorAppointed, OperatorQualified,
		OperatorAgreement, OperatorSecrecy, OperatorDuties, OperatorAssessment,
		// Article 7
		GovernmentMustOpen, TownshipNoSite, CountyDeptNoSite, OneUnitOneSite,
		OneAccountPlatform, NothingForEvents, GovernmentConsent, GovernmentLevels,
		DepartmentConsent, DepartmentLevels, LaunchDomain, LaunchICP,
		LaunchForm, LaunchSiteCode, LaunchCodeArea, LaunchSecurity,
		AccountFiled, LaunchInOneYear, OpeningPlaces, OpeningNoticeDays,
		// Article 8
		OfflineOncePerYear, OfflineAtMost30, OfflineCause, EmergencyCause,
		EmergencyReported, OfflineUnapproved, OfflineApproved, OfflineNotices,
		OfflinePinned, OfflineNoticeStay, ExitReason, ExitEstablishment,
		ExitStateApproval, ExitDomain, ExitMark, ExitSiteCode,
		ExitReportEntrance, GovernmentStaysOpen, ClosureReasonListed, ClosureConsent,
		ClosureMigration, ClosureNoticeHung, ClosureNoticeDays, ClosureDeregistration,
		ClosureStatus, ClosureDestination,
		// Article 9
		NameTied, AccountVerified, SameName,
		// Article 10
		DomainHolder, OneDomainEach, DomainCancelled, DomainCityReview,
		// Article 12
		ContentInDuty, ContentSourceKnown, ContentSensitive, ContentSecret,
		ContentOpinion, ContentAdvertising,
		// Article 14
		ConsultationChannel, FeedbackInOneMonth, CommentsStayOpen, PublishedTogether,
		WaiverNamed, MutualLink,
		// Article 18
		PostHolder, LeaderInCharge, DutyRound, DutyNamed,
		// Article 19
		ObjectAB,
		ColumnOwner, ColumnCycle, ColumnUnit, ColumnAB,
		ReviewedFirst, AuthorNotFinal, TwoPersons, GradedReview,
		FiveGates, RepostSource, ConsultedBefore, LettersOnTime,
		LettersDaily, LettersStatistics,
		// Article 27
		AppNecessity,
		// Articles 21, 22, 24 and 28
		BudgetFull, GradeRecorded, GradeAssessed, AssetCertified, ServerAtHome, ProviderAtHome,
		TwoLevels, RulesJoint, RulesDuties, TenancyInRule, TenancyReceipt, RulesIssuer, RulesNumber,
		// Article 30
		DecidedByBody, RestsOn,
		// Article 33
		ZonePortal,
	}
}
