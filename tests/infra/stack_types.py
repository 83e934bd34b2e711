"""What CloudFormation does for each type of resource in `infra/stack.yaml`, with the rights of whoever deploys.

By the handlers of CloudFormation's registry, without those of properties that the stack does not set: their `create`,
`read`, `update` and `delete`, less the removal of tags, and less `delete` for what is always retained.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.rules.permissions import ACCOUNT, PREFIX, Context, Need

STAGE = "{stage}"
GLOBAL = ACCOUNT.replace("us-east-1", "")
CALLED_VIA: Context = (("aws:CalledVia", ("cloudformation.amazonaws.com",)),)
TAG = "chalice-mfa-stage"

ROLE = (
    "iam: CreateRole GetRole UpdateAssumeRolePolicy TagRole DeleteRole PutRolePolicy GetRolePolicy DeleteRolePolicy "
    "ListRolePolicies ListAttachedRolePolicies"
)
FUNCTION = f"lambda:{ACCOUNT}:function:{PREFIX}-canary"
GROUP = f"codedeploy:{ACCOUNT}:deploymentgroup:{PREFIX}/api"
KEY, ALIAS = f"kms:{ACCOUNT}:key/k", f"kms:{ACCOUNT}:alias/{PREFIX}"
CONFIGURATION, IDENTITY = (f"ses:{ACCOUNT}:{each}" for each in (f"configuration-set/{PREFIX}", "identity/example.com"))
PLAN = f"backup:{ACCOUNT}:backup-plan:p"
TOPIC = f"sns:{ACCOUNT}:{PREFIX}-alarms"
EVERYTHING = "*"
RULES = f"wafv2:{ACCOUNT}:regional/managedruleset/aws/AWSManagedRulesKnownBadInputsRuleSet"


def role(name: str) -> str:
    return f"iam:{GLOBAL}:role/{PREFIX}-{name}-1A2B3C"


def _group(name: str) -> list[str]:
    """IAM is asked for a group of logs both with its streams and without."""
    return [f"logs:{ACCOUNT}:log-group:{name}", f"logs:{ACCOUNT}:log-group:{name}:log-stream:"]


LOG_GROUPS = [
    arn
    for name in (*(f"/aws/lambda/{PREFIX}{each}" for each in ("", "-mail", "-canary")), f"{PREFIX}-access")
    for arn in _group(name)
]
TABLES = [
    f"dynamodb:{ACCOUNT}:table/{PREFIX}-{each}"
    for each in ("users", "sessions", "challenges", "recovery-codes", "limits", "events", "settings", "words")
]
QUEUES = [f"sqs:{ACCOUNT}:{PREFIX}-{each}" for each in ("mail", "mail-dead-letters")]

REQUESTED: Context = ((f"aws:RequestTag/{TAG}", (STAGE,)),)
TAGGED: Context = ((f"aws:ResourceTag/{TAG}", (STAGE,)),)


def _passed(service: str) -> Context:
    return (("iam:PassedToService", (f"{service}.amazonaws.com",)),)


def _attached(policy: str) -> Context:
    return (("iam:PolicyARN", (f"arn:aws:iam::aws:policy/service-role/{policy}",)),)


Row = tuple[str, list[str], Context]
TYPES: dict[str, list[Row]] = {
    "AWS::ApiGateway::Account": [
        ("apigateway: GET PATCH", ["apigateway:us-east-1::/account"], ()),
        ("iam: PassRole", [role("LogWriter")], _passed("apigateway")),
    ],
    "AWS::ApiGateway::DomainName": [
        ("apigateway: POST", ["apigateway:us-east-1::/domainnames"], REQUESTED),
        ("apigateway: PUT", ["apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3A%2Fdomainnames%2Fx"], REQUESTED),
        ("apigateway: GET PATCH DELETE", ["apigateway:us-east-1::/domainnames/mfa.example.com"], TAGGED),
        ("iam: CreateServiceLinkedRole", [f"iam:{GLOBAL}:role/aws-service-role/ops.apigateway.amazonaws.com/r"], ()),
    ],
    "AWS::Backup::BackupPlan": [
        (
            "backup: CreateBackupPlan GetBackupPlan UpdateBackupPlan DeleteBackupPlan ListTags TagResource",
            [PLAN],
            (),
        ),
    ],
    "AWS::Backup::BackupSelection": [
        ("backup: CreateBackupSelection GetBackupSelection DeleteBackupSelection", [PLAN], ()),
        ("iam: PassRole", [role("BackupRole")], _passed("backup")),
        ("iam: CreateServiceLinkedRole", [f"iam:{GLOBAL}:role/aws-service-role/backup.amazonaws.com/r"], ()),
    ],
    "AWS::Backup::BackupVault": [
        (
            "backup: CreateBackupVault DescribeBackupVault GetBackupVaultAccessPolicy GetBackupVaultNotifications "
            "ListTags TagResource",
            [f"backup:{ACCOUNT}:backup-vault:{PREFIX}-1a2b"],
            (),
        ),
        ("backup-storage: MountCapsule", [EVERYTHING], ()),
        ("kms: CreateGrant Decrypt DescribeKey GenerateDataKey RetireGrant", [KEY], ()),
    ],
    "AWS::Budgets::Budget": [
        ("budgets: ModifyBudget ViewBudget ListTagsForResource TagResource", [f"budgets:{GLOBAL}:budget/{PREFIX}"], ())
    ],
    "AWS::CloudWatch::Alarm": [
        (
            "cloudwatch: PutMetricAlarm DeleteAlarms ListTagsForResource TagResource",
            [f"cloudwatch:{ACCOUNT}:alarm:{PREFIX}-failures"],
            (),
        ),
        ("cloudwatch: DescribeAlarms", [f"cloudwatch:{ACCOUNT}:alarm:*"], ()),
    ],
    "AWS::CloudWatch::CompositeAlarm": [
        (
            "cloudwatch: PutCompositeAlarm DeleteAlarms ListTagsForResource TagResource",
            [f"cloudwatch:{ACCOUNT}:alarm:{PREFIX}-no-traffic"],
            (),
        ),
        ("cloudwatch: DescribeAlarms", [f"cloudwatch:{ACCOUNT}:alarm:*"], ()),
    ],
    "AWS::CloudWatch::Dashboard": [
        (
            "cloudwatch: PutDashboard GetDashboard DeleteDashboards ListTagsForResource TagResource",
            [f"cloudwatch:{GLOBAL}:dashboard/{PREFIX}"],
            (),
        )
    ],
    "AWS::CodeDeploy::Application": [
        (
            "codedeploy: CreateApplication GetApplication DeleteApplication ListTagsForResource TagResource",
            [f"codedeploy:{ACCOUNT}:application:{PREFIX}"],
            (),
        )
    ],
    "AWS::CodeDeploy::DeploymentGroup": [
        (
            "codedeploy: CreateDeploymentGroup GetDeploymentGroup UpdateDeploymentGroup DeleteDeploymentGroup "
            "ListTagsForResource TagResource",
            [GROUP],
            (),
        ),
        ("iam: PassRole", [role("ReleaseRole")], _passed("codedeploy")),
    ],
    "AWS::DynamoDB::Table": [
        (
            "dynamodb: CreateTable DescribeTable UpdateTable DeleteTable DescribeContinuousBackups "
            "UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive DescribeContributorInsights "
            "DescribeKinesisStreamingDestination GetResourcePolicy ListTagsOfResource TagResource",
            TABLES,
            (),
        )
    ],
    "AWS::Events::Rule": [
        (
            "events: PutRule DescribeRule DeleteRule PutTargets ListTargetsByRule RemoveTargets ListTagsForResource "
            "TagResource",
            [f"events:{ACCOUNT}:rule/{PREFIX}-CanarySchedule-1A2B"],
            (),
        )
    ],
    "AWS::IAM::Role": [
        (ROLE, [role(each) for each in ("BackupRole", "CanaryRole", "LogWriter", "ReleaseRole")], ()),
        ("iam: AttachRolePolicy", [role("LogWriter")], _attached("AmazonAPIGatewayPushToCloudWatchLogs")),
        (
            "iam: AttachRolePolicy DetachRolePolicy",
            [role("BackupRole")],
            _attached("AWSBackupServiceRolePolicyForBackup"),
        ),
    ],
    "AWS::KMS::Alias": [
        ("kms: CreateAlias UpdateAlias DeleteAlias", [ALIAS, KEY], ()),
        ("kms: ListAliases", [EVERYTHING], ()),
    ],
    "AWS::KMS::Key": [
        ("kms: CreateKey", [EVERYTHING], ()),
        (
            "kms: DescribeKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListResourceTags PutKeyPolicy "
            "ScheduleKeyDeletion TagResource UpdateKeyDescription",
            [KEY],
            (),
        ),
    ],
    "AWS::Lambda::EventInvokeConfig": [
        (
            "lambda: PutFunctionEventInvokeConfig GetFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig "
            "DeleteFunctionEventInvokeConfig",
            [FUNCTION, f"{FUNCTION}:$LATEST"],
            (),
        )
    ],
    "AWS::Lambda::Function": [
        (
            "lambda: CreateFunction GetFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction "
            "GetFunctionCodeSigningConfig GetFunctionRecursionConfig GetRuntimeManagementConfig TagResource",
            [FUNCTION],
            (),
        ),
        ("iam: PassRole", [role("CanaryRole")], _passed("lambda")),
    ],
    "AWS::Lambda::Permission": [("lambda: AddPermission GetPolicy RemovePermission", [FUNCTION], ())],
    "AWS::Logs::LogGroup": [
        (
            "logs: CreateLogGroup DeleteLogGroup PutRetentionPolicy GetDataProtectionPolicy ListTagsForResource "
            "TagResource",
            LOG_GROUPS,
            (),
        ),
        ("logs: DescribeLogGroups DescribeIndexPolicies DescribeResourcePolicies", [EVERYTHING], ()),
    ],
    "AWS::Logs::MetricFilter": [
        ("logs: PutMetricFilter DescribeMetricFilters DeleteMetricFilter", _group(f"{PREFIX}-access"), ())
    ],
    "AWS::Route53::RecordSet": [
        (
            "route53: ChangeResourceRecordSets GetHostedZone ListResourceRecordSets",
            ["route53:::hostedzone/ZONE"],
            (),
        ),
        ("route53: GetChange", ["route53:::change/C1"], ()),
    ],
    "AWS::SES::ConfigurationSet": [
        (
            "ses: CreateConfigurationSet GetConfigurationSet DeleteConfigurationSet "
            "PutConfigurationSetReputationOptions PutConfigurationSetSuppressionOptions TagResource",
            [CONFIGURATION],
            (),
        ),
        ("ses: DescribeConfigurationSet", [EVERYTHING], ()),
    ],
    "AWS::SES::ConfigurationSetEventDestination": [
        (
            "ses: CreateConfigurationSetEventDestination GetConfigurationSetEventDestinations "
            "UpdateConfigurationSetEventDestination DeleteConfigurationSetEventDestination",
            [CONFIGURATION],
            (),
        )
    ],
    "AWS::SES::EmailIdentity": [
        ("ses: CreateEmailIdentity PutEmailIdentityConfigurationSetAttributes", [IDENTITY, CONFIGURATION], ()),
        ("ses: GetEmailIdentity DeleteEmailIdentity ListTagsForResource TagResource", [IDENTITY], ()),
    ],
    "AWS::SNS::Subscription": [("sns: Subscribe GetSubscriptionAttributes Unsubscribe", [TOPIC], ())],
    "AWS::SNS::Topic": [
        (
            "sns: CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic GetDataProtectionPolicy "
            "ListSubscriptionsByTopic ListTagsForResource TagResource",
            [TOPIC],
            (),
        )
    ],
    "AWS::SNS::TopicPolicy": [("sns: SetTopicAttributes", [TOPIC], ())],
    "AWS::SQS::Queue": [
        (
            "sqs: CreateQueue GetQueueAttributes SetQueueAttributes GetQueueUrl DeleteQueue ListQueueTags TagQueue",
            QUEUES,
            (),
        )
    ],
    "AWS::SecretsManager::Secret": [
        (
            "secretsmanager: CreateSecret DescribeSecret UpdateSecret DeleteSecret TagResource",
            [f"secretsmanager:{ACCOUNT}:secret:CanarySecret-1A2B"],
            (),
        ),
        ("secretsmanager: GetRandomPassword", [EVERYTHING], ()),
    ],
    "AWS::WAFv2::WebACL": [
        (
            "wafv2: CreateWebACL GetWebACL UpdateWebACL DeleteWebACL ListTagsForResource TagResource",
            [f"wafv2:{ACCOUNT}:regional/webacl/{PREFIX}/1a2b"],
            (),
        ),
        ("wafv2: CreateWebACL UpdateWebACL", [RULES], ()),
    ],
}


def needs_of(kind: str) -> Iterator[Need]:
    """KeyError for a type that is new here."""
    for actions, resources, context in TYPES[kind]:
        service, _, names = actions.partition(": ")
        for name in names.split():
            for resource in resources:
                arn = resource if resource == EVERYTHING else f"arn:aws:{resource}"
                yield Need(f"{service}:{name}", arn, (*CALLED_VIA, *context))
