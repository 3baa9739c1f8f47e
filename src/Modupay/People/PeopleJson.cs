using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;
using Modupay.People.Endpoints;

namespace Modupay.People;

/// <summary>Every type of this module that crosses the API.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(JwkSet))]
[JsonSerializable(typeof(DoneView))]
[JsonSerializable(typeof(Envelope<DoneView>))]
[JsonSerializable(typeof(TokensView))]
[JsonSerializable(typeof(Envelope<TokensView>))]
[JsonSerializable(typeof(ProposedSeed))]
[JsonSerializable(typeof(Envelope<ProposedSeed>))]
[JsonSerializable(typeof(RecoveryCodes))]
[JsonSerializable(typeof(Envelope<RecoveryCodes>))]
[JsonSerializable(typeof(LoginEndpoints.LoginRequest))]
[JsonSerializable(typeof(LoginEndpoints.RefreshRequest))]
[JsonSerializable(typeof(PasswordEndpoints.ResetRequest), TypeInfoPropertyName = "PasswordResetRequest")]
[JsonSerializable(typeof(PasswordEndpoints.ConfirmRequest), TypeInfoPropertyName = "PasswordConfirmRequest")]
[JsonSerializable(typeof(PasswordEndpoints.ChangeRequest), TypeInfoPropertyName = "PasswordChangeRequest")]
[JsonSerializable(typeof(TotpEndpoints.ProofRequest))]
[JsonSerializable(typeof(TotpEndpoints.CodeRequest))]
[JsonSerializable(typeof(MeEndpoints.MeView))]
[JsonSerializable(typeof(Envelope<MeEndpoints.MeView>))]
[JsonSerializable(typeof(MeEndpoints.SessionView[]))]
[JsonSerializable(typeof(ListEnvelope<MeEndpoints.SessionView>))]
[JsonSerializable(typeof(MemberEndpoints.MemberView[]))]
[JsonSerializable(typeof(Envelope<MemberEndpoints.MemberView>))]
[JsonSerializable(typeof(ListEnvelope<MemberEndpoints.MemberView>))]
[JsonSerializable(typeof(MemberEndpoints.ChangeRequest), TypeInfoPropertyName = "MemberChangeRequest")]
[JsonSerializable(typeof(InvitationEndpoints.CreateRequest), TypeInfoPropertyName = "InvitationCreateRequest")]
[JsonSerializable(typeof(InvitationEndpoints.OwnerRequest))]
[JsonSerializable(typeof(InvitationEndpoints.InvitationView[]))]
[JsonSerializable(typeof(Envelope<InvitationEndpoints.InvitationView>))]
[JsonSerializable(typeof(ListEnvelope<InvitationEndpoints.InvitationView>))]
[JsonSerializable(typeof(AcceptEndpoints.LookUpRequest))]
[JsonSerializable(typeof(AcceptEndpoints.InvitedView))]
[JsonSerializable(typeof(Envelope<AcceptEndpoints.InvitedView>))]
[JsonSerializable(typeof(AcceptEndpoints.AcceptRequest))]
[JsonSerializable(typeof(SecuritySettingsEndpoints.SecuritySettings))]
[JsonSerializable(typeof(Envelope<SecuritySettingsEndpoints.SecuritySettings>))]
[JsonSerializable(typeof(ErasePerson.Request), TypeInfoPropertyName = "ErasePersonRequest")]
[JsonSerializable(typeof(ErasePerson.Response), TypeInfoPropertyName = "ErasePersonResponse")]
[JsonSerializable(typeof(Envelope<ErasePerson.Response>), TypeInfoPropertyName = "EnvelopeErasePersonResponse")]
internal sealed partial class PeopleJson : JsonSerializerContext;
