using Modupay.Formats.Xml;

namespace Modupay.Formats.Camt;

/// <summary>Who paid and who was paid: <c>RltdPties</c> and <c>RltdAgts</c>. From version 07 on a party is wrapped in <c>Pty</c> or <c>Agt</c>.</summary>
internal sealed class CamtPartyReader(XmlWalker xml)
{
    public void Parties(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "Dbtr": Party(detail.Debtor); break;
                case "DbtrAcct": detail.Debtor.Account = Account(); break;
                case "UltmtDbtr": detail.Debtor.UltimateName = Name(); break;
                case "Cdtr": Party(detail.Creditor); break;
                case "CdtrAcct": detail.Creditor.Account = Account(); break;
                case "UltmtCdtr": detail.Creditor.UltimateName = Name(); break;
                default: xml.Ignore(); break;
            }
        }
    }

    public void Agents(CamtDetail detail)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "DbtrAgt": detail.Debtor.Bic = Agent(); break;
                case "CdtrAgt": detail.Creditor.Bic = Agent(); break;
                default: xml.Ignore(); break;
            }
        }
    }

    /// <summary>BIC up to version 02, BICFI since.</summary>
    public string? Agent()
    {
        string? bic = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name != "FinInstnId")
            {
                xml.Ignore();
                continue;
            }

            if (!xml.Enter(out var inner)) continue;
            while (xml.NextChild(inner))
            {
                if (xml.Name is "BIC" or "BICFI") bic = xml.SharedText();
                else xml.Ignore();
            }
        }

        return bic;
    }

    /// <summary>IBAN, or whatever number stands in <c>Othr</c>, <c>PrtryAcct</c>, <c>BBAN</c> or <c>UPIC</c>.</summary>
    public string? Account()
    {
        string? account = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name == "Id") account = AccountId() ?? account;
            else xml.Ignore();
        }

        return account;
    }

    public string? AccountId()
    {
        string? account = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name is "IBAN" or "BBAN" or "UPIC") account = xml.Text();
            else if (xml.Name is "Othr" or "PrtryAcct") account = OtherId() ?? account;
            else xml.Ignore();
        }

        return account;
    }

    private void Party(CamtParty party)
    {
        if (!xml.Enter(out var depth)) return;
        while (xml.NextChild(depth))
        {
            switch (xml.Name)
            {
                case "Nm": party.Name = xml.Text(); break;
                case "Pty": Party(party); break;
                case "Agt": party.Bic = Agent(); break;
                case "Id": party.CreditorId = PrivateId(); break;
                default: xml.Ignore(); break;
            }
        }
    }

    private string? Name()
    {
        var party = new CamtParty();
        Party(party);
        return party.Name;
    }

    // SEPA puts the creditor identifier of direct debits into PrvtId/Othr/Id.
    private string? PrivateId()
    {
        string? id = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name != "PrvtId" || !xml.Enter(out var inner))
            {
                xml.Ignore();
                continue;
            }

            while (xml.NextChild(inner))
            {
                if (xml.Name == "Othr") id = OtherId() ?? id;
                else xml.Ignore();
            }
        }

        return id;
    }

    private string? OtherId()
    {
        string? id = null;
        if (!xml.Enter(out var depth)) return null;
        while (xml.NextChild(depth))
        {
            if (xml.Name == "Id") id = xml.Text();
            else xml.Ignore();
        }

        return id;
    }
}
