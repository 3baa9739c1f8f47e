using System.Net;
using System.Net.Sockets;

namespace Modupay.Local.Cloud;

internal static class Ports
{
    /// <summary>A port nobody listens on now. Prefer binding port zero where the listener is ours: between asking and binding another may take it.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Zero means any free port; a port that was asked for must be free.</summary>
    public static int FreeOr(int wanted, string purpose)
    {
        if (wanted == 0) return Free();
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, wanted);
            listener.Start();
            return wanted;
        }
        catch (SocketException failure)
        {
            throw Refused(wanted, purpose, failure);
        }
    }

    public static CannotStartException Refused(int port, string purpose, Exception cause) => new(
        cause is SocketException { SocketErrorCode: SocketError.AccessDenied }
            ? $"Port {port} for {purpose} needs privileges this user does not have: choose one above 1023."
            : $"Port {port}, wanted for {purpose}, is in use by another program: stop that program or choose another port with --port.",
        cause);
}
